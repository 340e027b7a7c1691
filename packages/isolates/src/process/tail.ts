/** The last of what a process said on stderr: for the reason of a crash, and for an admin's log. */
export interface Tail {
  add(chunk: Buffer | string): void;
  readonly text: string;
}

export function createTail(maxLength: number): Tail {
  let text = "";
  return {
    add(chunk) {
      text = `${text}${String(chunk)}`.slice(-maxLength);
    },
    get text() {
      return text;
    },
  };
}
