export { giveThumb } from '../orchestrator/scores/thumb.js'
