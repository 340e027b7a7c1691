/** What a person's ticks give to the client: the scopes of the grant, and nothing that was not a piece of the question. */
import { portalScope } from "@castellan/access";
import { piecesOf, type Question } from "./question.ts";

/**
 * The scopes of the grant: entry to the portal, and what is held or ticked. A class that was asked for as a whole is given
 * as a whole if every piece of it is, and piece by piece otherwise. Undefined: nothing is given.
 *
 * @param ticked scopes as they were posted, by whoever; those of no piece are nothing
 */
export function scopesGiven(question: Question, ticked: readonly string[]): string[] | undefined {
  const pieces = piecesOf(question);
  const given = pieces.filter(({ status, scope }) => status === "held" || ticked.includes(scope));
  if (given.length === 0) return undefined;
  const whole = question.whole.filter((toolClass) => {
    const ofClass = pieces.filter((piece) => piece.toolClass === toolClass);
    return ofClass.length > 0 && ofClass.every((piece) => given.includes(piece));
  });
  return [
    portalScope(question.portal),
    ...whole.map((toolClass) => portalScope(question.portal, toolClass)),
    ...given.filter(({ toolClass }) => !whole.includes(toolClass)).map(({ scope }) => scope),
  ];
}
