import { cliFaults } from "../faults.ts";
import type { Terminal } from "../terminal.ts";

/** Goes on when somebody says yes, at the terminal or beforehand. Fault: `not_confirmed`. */
export async function confirm(question: string, terminal: Terminal, isGiven = false): Promise<void> {
  if (isGiven) return;
  if (!terminal.isInteractive)
    throw cliFaults.fault("not_confirmed", `${question} Nobody is there to say so: add --yes`);
  const answer = await terminal.ask(`${question} [y/N] `);
  if (!/^y(?:es)?$/i.test(answer.trim())) throw cliFaults.fault("not_confirmed", "Nothing was changed");
}
