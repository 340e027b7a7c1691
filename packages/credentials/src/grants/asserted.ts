/** Who is told of to authorization servers. What they give is used for many calls, so it says nothing of a single one. */
import type { Subject } from "../identity/claims.ts";
import { subjectClaims } from "../identity/claims.ts";

export function asserted(subject: Subject | undefined): Subject {
  if (subject === undefined) throw new TypeError("nothing is asserted of whoever has no name");
  return subject.kind === "house" ? subject : { ...subject, portal: undefined };
}

/** All that is asserted, in one line: a name, a group or a client that is another one makes it another holder. */
export function holderOfAsserted(subject: Subject | undefined, withGroups: boolean): string {
  return JSON.stringify(subjectClaims(asserted(subject), withGroups));
}
