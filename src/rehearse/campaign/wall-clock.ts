/** Real time in ms. A case in play has put virtual time in the place of `Date` and `performance`, in this process too. */
export function wallMs(): number {
  return Number(process.hrtime.bigint()) / 1e6
}
