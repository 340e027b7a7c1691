import { invalidInput } from "@castellan/kernel";

const maxTextLength = 2_000;

/** A person's text without spaces around it, 1 to 2,000 characters. Throws `invalid_input`, naming the field. */
export function personsText(text: string, field: "reason" | "purpose"): string {
  const said = text.trim();
  if (said.length > maxTextLength)
    throw invalidInput([{ field, reason: `must have at most ${maxTextLength} characters` }]);
  if (!said.isWellFormed() || said.includes("\0")) throw invalidInput([{ field, reason: "must be text" }]);
  if (said === "") throw invalidInput([{ field, reason: "must say something" }]);
  return said;
}
