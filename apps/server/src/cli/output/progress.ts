/**
 * How far long work has come. On a terminal one line that is rewritten and goes away in the end; elsewhere a line for
 * each step; nothing beside output for programs.
 */
import type { Session } from "../session.ts";
import { clean } from "./clean.ts";

export interface Progress extends Disposable {
  /** What has just happened, or happens now. */
  tell(text: string): void;
}

export function createProgress({ terminal, isJson }: Pick<Session, "terminal" | "isJson">): Progress {
  if (isJson) return { tell: () => undefined, [Symbol.dispose]: () => undefined };
  const { rewrite } = terminal;
  if (!rewrite) return { tell: (text) => terminal.note(clean(text)), [Symbol.dispose]: () => undefined };
  return { tell: (text) => rewrite(clean(text)), [Symbol.dispose]: () => rewrite("") };
}
