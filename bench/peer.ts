import type { Contender, PeerKind, Setting } from './contender.js'
import type { Scene, Survivor } from './crash/survivor.js'

/** What each file of `peers/` gives. */
export interface Peer {
  open(setting: Setting): Promise<Contender>
  survive(scene: Scene): Promise<Survivor>
}

/** How it is called in tables, what of it is installed, and which page of its documentation says how to set it up. */
export interface PeerName {
  readonly name: string
  readonly packages: readonly string[]
}

export const PEER_NAMES: Readonly<Record<PeerKind, PeerName>> = {
  dbos: { name: 'DBOS', packages: ['@dbos-inc/dbos-sdk'] },
  restate: { name: 'Restate', packages: ['@restatedev/restate-server', '@restatedev/restate-sdk'] },
  langgraph: {
    name: 'LangGraph.js + PostgreSQL',
    packages: ['@langchain/langgraph', '@langchain/langgraph-checkpoint-postgres'],
  },
  mastra: { name: 'Mastra + PostgreSQL', packages: ['@mastra/core', '@mastra/pg'] },
}

/** Named at run time: a peer's types are there only once bench/ has been installed. Throws where it has not been. */
export const loadPeer = (kind: PeerKind): Promise<Peer> =>
  import(new URL(`./peers/${kind}.ts`, import.meta.url).href) as Promise<Peer>
