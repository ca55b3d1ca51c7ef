import { scenario } from '../define.js'
import { night } from '../harbour.fixture.js'

/** The harbour, for processes that load it from a file. */
export const harbourNight = scenario({ ...night, lease: '6s' })
