/** From code as a model sends it to a module that runs. It runs in a thread of its own: see `language.ts`. */
import { insideFence, isFenced, withoutLanguage } from "./fences.ts";
import { CodeProblemError, isLater } from "./problem.ts";
import { repaired } from "./repairs.ts";
import { shapeModule } from "./shape.ts";
import { mayHaveTypeArguments, withoutTypes } from "./typescript.ts";

/** The module, its lines those of the code. Throws `CodeProblemError`, `RangeError`, and what the parsers throw that fail. */
export function normalise(sent: string): string {
  const code = withoutLanguage(sent.replace(/^\ufeff/, " "));
  const fenced = insideFence(code);
  if (fenced === undefined) return toSoundModule(code);
  if (isFenced(code)) return toSoundModule(fenced);
  // A fence further down: words around it, or a template literal that holds one.
  const whole = attempt(() => toModule(code));
  return typeof whole === "string" ? whole : toSoundModule(fenced);
}

/** As it is, or else repaired; where that is of no use either, the problem is that of the code as it is. */
function toSoundModule(code: string): string {
  const asSent = attempt(() => toModule(code));
  if (typeof asSent === "string") return asSent;
  for (const text of repaired(code)) {
    const mended = attempt(() => toModule(text));
    if (typeof mended === "string") return mended;
  }
  throw asSent;
}

/** JavaScript, or else TypeScript. Where it is neither, the error that comes later is the one that is not about types; no type leaves a string open. */
function toModule(code: string): string {
  const asScript = attempt(() => shapeModule(code));
  if (typeof asScript === "string" && !mayHaveTypeArguments(code)) return asScript;
  const untyped = attempt(() => withoutTypes(code));
  const asTyped = typeof untyped === "string" ? attempt(() => shapeModule(untyped)) : untyped;
  if (typeof asTyped === "string") return asTyped;
  if (typeof asScript === "string") return asScript;
  const isPlain = asScript.problem.message.startsWith("Unterminated");
  const isTold =
    typeof untyped === "string" || asTyped.isCertain || isLater(asTyped.problem, asScript.problem);
  throw isTold && !isPlain ? asTyped : asScript;
}

function attempt(make: () => string): string | CodeProblemError {
  try {
    return make();
  } catch (error) {
    if (error instanceof CodeProblemError) return error;
    throw error;
  }
}
