import { scenario } from '../../src/rehearse/define.js'
import { night } from '../../src/rehearse/harbour.fixture.js'

/** A tool of each class, an agent and a flow, a session, a sleep and questions: what one rehearsal can hold. */
export default scenario(night)
