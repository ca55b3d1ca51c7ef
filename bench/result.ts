/** What a step gives back: 600 bytes of JSON. */
export interface Result {
  readonly text: string
}

const BYTES = 600
const WORDS =
  'order invoice refund customer parcel address street ticket amount delay signed carrier agent note morning evening returned sealed weight door label paid open late first second window credit card claim'.split(
    ' ',
  )
/** So many that no two of them stand near each other: what packs repeats would make a long run of one text small. */
const DIFFERENT = 64

/** Texts of common words, the same in each process. */
const RESULTS: readonly Result[] = Array.from({ length: DIFFERENT }, (_, seed) => resultOf(seed + 1))
let given = 0

function resultOf(seed: number): Result {
  const length = BYTES - JSON.stringify({ text: '' }).length
  let [text, state] = ['', seed]
  while (text.length < length) {
    // Numerical Recipes' generator: any will do.
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32
    text += `${WORDS[state % WORDS.length]} ${state % 9_973} `
  }
  return { text: text.slice(0, length) }
}

/** The next one, by turns. */
export function nextResult(): Result {
  given += 1
  return RESULTS[given % DIFFERENT] as Result
}
