import { ToolLoopAgent } from 'ai'
import { model, tools } from './shop.js'

export const agent = new ToolLoopAgent({ model, tools, instructions: 'You answer the customers of a shop.' })
