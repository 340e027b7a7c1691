/**
 * One text for all the ways in which the same JSON value may be written: members in any order, any
 * spaces, any escapes in strings. Numbers count as they are written, since `1234567890123456789` and
 * `1234567890123456788` are one number to `JSON.parse`: so who writes `1.0` once and `1` the
 * next time is taken to mean two things, and two values are never taken for one.
 *
 * The text is walked, not parsed: a stranger can have as much of it looked at as fits a message.
 */

/** The text must be JSON without a key twice, and no deeper than a recursion may go (`assertUnambiguous`). */
export function canonicalJson(text: string): string {
  return new Walk(text).value();
}

class Walk {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(): string {
    switch (this.#next()) {
      case "{":
        return `{${this.#items("}", () => this.#member())
          .toSorted()
          .join(",")}}`;
      case "[":
        return `[${this.#items("]", () => this.value()).join(",")}]`;
      case '"':
        return this.#string();
      default:
        return this.#scalar();
    }
  }

  #items(close: string, read: () => string): string[] {
    const items: string[] = [];
    this.#at++;
    while (this.#next() !== close)
      if (this.#text[this.#at] === ",") this.#at++;
      else items.push(read());
    this.#at++;
    return items;
  }

  /** Names differ before they end, so that the order of members is that of their names. */
  #member(): string {
    const name = this.#string();
    this.#next();
    this.#at++;
    return `${name}:${this.value()}`;
  }

  #string(): string {
    const start = this.#at;
    let isPlain = true;
    for (this.#at++; this.#text[this.#at] !== '"'; this.#at++)
      if (this.#text[this.#at] === "\\") {
        isPlain = false;
        this.#at++;
      }
    const written = this.#text.slice(start, ++this.#at);
    return isPlain ? written : JSON.stringify(JSON.parse(written));
  }

  #scalar(): string {
    const start = this.#at;
    while (this.#at < this.#text.length && !endsScalar(this.#text.charCodeAt(this.#at))) this.#at++;
    return this.#text.slice(start, this.#at);
  }

  /** The next character that is no space; stays before it. */
  #next(): string | undefined {
    while (isSpace(this.#text.charCodeAt(this.#at))) this.#at++;
    return this.#text[this.#at];
  }
}

function endsScalar(code: number): boolean {
  return isSpace(code) || code === comma || code === closeBracket || code === closeBrace;
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}

const comma = 0x2c;
const closeBracket = 0x5d;
const closeBrace = 0x7d;
