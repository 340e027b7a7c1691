/** A CEL expression. It is looked at as early as what it looks at is known. */
import { parseProgram } from "./cel/program.ts";
import type { Caller, Connection } from "../facts/facts.ts";
import type { Matcher, Moment, SelectorDefinition } from "./definition.ts";

export const expression: SelectorDefinition<string> = {
  problem(value) {
    try {
      const { looksAtAnything } = parseProgram(value);
      return looksAtAnything ? undefined : "looks at nothing of a call, so that it always comes to the same";
    } catch (error) {
      // The first line says what; the library draws the place below it.
      return (error as Error).message.split("\n", 1)[0];
    }
  },
  matcher(value): Matcher {
    const program = parseProgram(value);
    if (program.looksAtCall || program.looksAtNow) {
      return { time: "what", needsCall: program.looksAtCall, match: (moment) => program.run(moment) };
    }
    if (program.looksAtConnection) {
      return {
        time: "where",
        match: (connection, caller) => program.run(before(caller, connection)),
      };
    }
    return {
      time: "who",
      match: (caller) => program.run(before(caller, nowhere.connection)),
    };
  },
  words: (value) => `${value.replaceAll(/\s+/g, " ")} is true`,
};

/** For an expression that does not look at it. */
const nowhere = {
  connection: { address: "", country: "ZZ", certificate: undefined, postures: {} },
  portal: "",
  nowMs: 0,
  use: undefined,
};

/** The moment that was made last: all expressions are asked about one caller and connection in a row. */
let last: Moment | undefined;

/** Ahead of any call. */
function before(caller: Caller, connection: Connection): Moment {
  if (last?.caller !== caller || last.connection !== connection) last = { ...nowhere, caller, connection };
  return last;
}
