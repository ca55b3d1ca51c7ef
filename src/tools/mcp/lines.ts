const NEWLINE = 10

/** Takes bytes as they come and gives whole lines. One that is too long is left out, and its length told: it must not fill the memory. */
export class Lines {
  #parts: Buffer[] = []
  #bytes = 0

  constructor(
    private readonly mostBytes: number,
    private readonly hear: (line: string) => void,
    private readonly tooLong: (bytes: number) => void = () => undefined,
  ) {}

  take(chunk: Buffer): void {
    let rest = chunk
    for (let end = rest.indexOf(NEWLINE); end !== -1; end = rest.indexOf(NEWLINE)) {
      this.#keep(rest.subarray(0, end))
      this.#tell()
      rest = rest.subarray(end + 1)
    }
    this.#keep(rest)
  }

  #keep(part: Buffer): void {
    this.#bytes += part.length
    if (this.#bytes <= this.mostBytes) this.#parts.push(part)
    else this.#parts = []
  }

  #tell(): void {
    const [bytes, parts] = [this.#bytes, this.#parts]
    this.#parts = []
    this.#bytes = 0
    if (bytes > this.mostBytes) this.tooLong(bytes)
    else this.hear(Buffer.concat(parts).toString('utf8').replace(/\r$/, ''))
  }
}
