/**
 * How far answers to the same question agree with one of them: the share of the others that propose the very same. 0 when no
 * other does, 1 when all do. The answer itself does not count: it would always agree. What gave no answer (null) does not agree.
 */
export function agreement(
  proposed: string,
  others: readonly (ReadonlySet<string> | null)[],
): { readonly confidence: number; readonly agreed: number } {
  const agreed = others.filter((one) => one?.has(proposed)).length
  return { confidence: others.length === 0 ? 0 : agreed / others.length, agreed }
}
