/** The public surface of `midwatch/testing`. */
export { type MemoryLedger, memoryLedger } from '../ledger/memory/ledger.js'
export { type ManualClock, manualClock } from './manual-clock.js'
export { type ModelServer, type ModelServerOptions, modelServer } from './model-server.js'
export { type ScriptedModel, type ScriptedModelOptions, scriptedModel } from './scripted-model.js'
export {
  type FaultReply,
  misbehave,
  type Replies,
  type Reply,
  type SaidReply,
  type ScriptedCall,
  type ScriptedRequest,
  type ScriptedUsage,
} from './scripted-model-reply.js'
