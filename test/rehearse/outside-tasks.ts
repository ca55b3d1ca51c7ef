import * as bfcl from '../bfcl/outside-data.js'
import { Counter } from '../tau/counter.js'
import * as tau from '../tau/outside-data.js'
import { Shop } from '../tau/shop.js'
import { bfclScenario } from './bfcl-scenario.js'
import { tauScenario } from './tau-scenario.js'

export const { NO_OUTSIDE_DATA } = tau

/** All retail tasks; null where the outside data is absent. */
export const retail = tau.hasOutsideData ? allRetail() : null

/** All recorded conversations; null where the outside data is absent. */
export const conversations = bfcl.hasOutsideData ? bfclScenario(bfcl.readTasks(), bfcl.readToolTexts()) : null

function allRetail() {
  const specs = tau.readToolSpecs()
  return tauScenario({
    tasks: tau.readTasks(),
    specs,
    shop: new Shop(tau.readTables()),
    counter: new Counter(specs),
  })
}
