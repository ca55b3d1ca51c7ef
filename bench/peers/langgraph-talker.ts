import { AIMessage, type BaseMessage, HumanMessage, ToolMessage } from '@langchain/core/messages'
import { END, MessagesAnnotation, START, StateGraph } from '@langchain/langgraph'
import { EXCHANGES, type Pulse, type Talker } from '../conversation.js'
import { nextResult } from '../result.js'
import { savedIn } from './langgraph-saver.js'

/** Where the saver keeps the conversation, in the peer's own words. */
const PLACE = { configurable: Object.fromEntries([['thread_id', 'long-talk']]), recursionLimit: 4 * EXCHANGES }

/** LangGraph.js as its documentation sets it up: a model node and a tool node over a list of messages, saved in PostgreSQL. */
export async function langGraphTalker(url: string, pulse: Pulse): Promise<Talker> {
  const saver = await savedIn(url)
  const graph = new StateGraph(MessagesAnnotation)
    .addNode('model', ({ messages }) => {
      pulse.beat()
      return { messages: [answer(messages)] }
    })
    .addNode('tools', ({ messages }) => ({ messages: results(messages) }))
    .addEdge(START, 'model')
    .addConditionalEdges('model', ({ messages }) => (callsOf(messages).length > 0 ? 'tools' : END))
    .addEdge('tools', 'model')
    .compile({ checkpointer: saver })
  return {
    message: async (no) => {
      await graph.invoke({ messages: [new HumanMessage(`Message ${no}`)] }, PLACE)
    },
    close: () => saver.end(),
  }
}

/** What a model would say: look so many times, then answer. */
function answer(messages: readonly BaseMessage[]): AIMessage {
  const asked = messages.findLastIndex((message) => message instanceof HumanMessage)
  const looked = messages.slice(asked).filter((message) => message instanceof ToolMessage).length
  if (looked >= EXCHANGES) return new AIMessage('done')
  return new AIMessage({
    content: '',
    tool_calls: [{ id: `call-${messages.length}`, name: 'look', args: { n: looked } }],
  })
}

const callsOf = (messages: readonly BaseMessage[]) => {
  const last = messages.at(-1)
  return last instanceof AIMessage ? (last.tool_calls ?? []) : []
}

const results = (messages: readonly BaseMessage[]) =>
  callsOf(messages).map(({ id }) => new ToolMessage({ tool_call_id: id ?? '', content: nextResult().text }))
