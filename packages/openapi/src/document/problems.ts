import type { Fault } from "@castellan/kernel";
import { openapiFaults } from "../faults.ts";
import { bounded } from "./members.ts";

export interface DocumentProblem {
  /** A JSON pointer (RFC 6901); empty for the whole document. */
  readonly place: string;
  readonly problem: string;
}

const maxProblems = 20;
/** A name in a document may be as long as the document. */
const maxPlaceChars = 300;

/** All that is wrong, in one failure: whoever mends a document wants to do it once. `data.problems` has place and problem of each. */
export function documentInvalid(problems: readonly DocumentProblem[]): Fault {
  const shown = problems
    .slice(0, maxProblems)
    .map(({ place, problem }) => ({ place: bounded(place, maxPlaceChars), problem }));
  const more = problems.length - shown.length;
  const lines = shown.map(({ place, problem }) =>
    place === "" ? `The document ${problem}` : `${place} ${problem}`,
  );
  const message = [...lines, ...(more > 0 ? [`and ${more} more`] : [])].join("\n");
  const [first] = shown;
  return openapiFaults.fault("document_invalid", message, {
    ...(first && first.place !== "" && { field: first.place }),
    data: { problems: shown },
  });
}
