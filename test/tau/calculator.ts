import { round2, ShopRefusal } from './shop.js'

/** A sum as text, rounded to two digits, whole numbers with one zero. Numbers, + - * / ( ) and spaces alone. */
export function calculate(_shop: unknown, { expression }: { expression: string }): string {
  if (!/^[0-9+\-*/(). ]*$/.test(expression)) throw new ShopRefusal('Invalid characters in expression')
  const tokens = expression.match(/\d+\.?\d*|\.\d+|[-+*/()]/g) ?? []
  const reader = new Reader(tokens)
  const value = reader.sum()
  if (!reader.atEnd || !Number.isFinite(value)) throw new ShopRefusal('invalid syntax')
  const rounded = round2(value)
  return Number.isInteger(rounded) ? rounded.toFixed(1) : String(rounded)
}

/** Reads tokens by precedence. */
class Reader {
  private at = 0
  constructor(private readonly tokens: readonly string[]) {}

  get atEnd(): boolean {
    return this.at === this.tokens.length
  }

  sum(): number {
    let value = this.product()
    for (let sign = this.take('+', '-'); sign; sign = this.take('+', '-'))
      value = sign === '+' ? value + this.product() : value - this.product()
    return value
  }

  private product(): number {
    let value = this.factor()
    for (let sign = this.take('*', '/'); sign; sign = this.take('*', '/'))
      value = sign === '*' ? value * this.factor() : value / this.factor()
    return value
  }

  private factor(): number {
    if (this.take('-')) return -this.factor()
    if (this.take('+')) return this.factor()
    if (!this.take('(')) return Number(this.tokens[this.at++] ?? Number.NaN)
    const value = this.sum()
    return this.take(')') ? value : Number.NaN
  }

  private take(...wanted: string[]): string | undefined {
    const token = this.tokens[this.at]
    if (token === undefined || !wanted.includes(token)) return undefined
    this.at += 1
    return token
  }
}
