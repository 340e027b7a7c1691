import { cliFaults } from "../faults.ts";
import { classWords } from "./words.ts";

export type ToolClass = (typeof classWords)[number];

/** `read,write`, said once or more → each once, in their order. Fault: `usage_invalid`. */
export function parseClasses(said: readonly string[], option: string): ToolClass[] {
  return parseSomeOf(classWords, said, option);
}

export function parseSomeOf<Word extends string>(
  words: readonly Word[],
  said: readonly string[],
  option: string,
): Word[] {
  const odd = said.find((text) => !(words as readonly string[]).includes(text));
  if (odd !== undefined)
    throw cliFaults.fault("usage_invalid", `${option} takes ${words.join(", ")}, not ${JSON.stringify(odd)}`);
  return words.filter((word) => said.includes(word));
}

/** Where an edit names nothing. Fault: `usage_invalid`. */
export function assertSomething(changes: object, command: string): void {
  if (Object.values(changes).some((value) => value !== undefined)) return;
  throw cliFaults.fault(
    "usage_invalid",
    `Say what is to change: \`castellan ${command} --help\` lists what can be`,
  );
}
