import { ToolLoopAgent } from 'ai'
import { govern } from 'midwatch'
import { model, tools } from './shop.js'

export const desk = govern({ name: 'desk', ceilings: { agent: { usd: { per: 'day', max: '$0.05' } } }, tools: { findOrder: 'read', sendEmail: 'once' } })
export const agent = new ToolLoopAgent(desk.settings({ model, tools, instructions: 'You answer the customers of a shop.' }))
