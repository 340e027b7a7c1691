/** Reads what an operation answers (OpenAPI 3.1.1 §4.8.16), as far as a request and a tool depend on it. */
import type { Source } from "../document/api-document.ts";
import { member, membersOf, sortedMembers } from "../document/members.ts";
import { dereference } from "../document/pointer.ts";
import { Unusable } from "../document/unusable.ts";
import { isJsonType, parseMediaType } from "./media-type.ts";

export interface Answers {
  readonly accept: string;
  /** The schema of the JSON of the first success that has one; undefined for none. */
  readonly schema: unknown;
  readonly redirects: ReadonlySet<number>;
}

const maxTypes = 4;

/** Where a document says nothing else. */
export const defaultAccept = "application/json, */*;q=0.1";

export function readAnswers({ root }: Source, given: unknown): Answers {
  const successes = sortedMembers(given)
    .filter(([status]) => /^2(?:\d\d|XX)$/i.test(status))
    .map(([, response]) => sortedMembers(member(resolved(root, response), "content")));
  const first = successes.find((content) => content.length > 0) ?? [];
  const types = first
    .map(([text]) => parseMediaType(text))
    .filter((type) => type !== "" && !type.includes("*"));
  const json = first.find(([text]) => isJsonType(parseMediaType(text)));
  const preferred = [...types.filter(isJsonType), ...types.filter((type) => !isJsonType(type))].slice(
    0,
    maxTypes,
  );
  const statuses = membersOf(given).map(([status]) => Number(status));
  return {
    accept: preferred.length > 0 ? [...preferred, "*/*;q=0.1"].join(", ") : defaultAccept,
    schema: json && member(json[1], "schema"),
    redirects: new Set(statuses.filter((status) => status >= 300 && status < 400)),
  };
}

/** What is wrong with the description of an answer keeps nobody from asking. */
function resolved(root: unknown, given: unknown): unknown {
  try {
    return dereference(root, given);
  } catch (error) {
    if (error instanceof Unusable) return undefined;
    throw error;
  }
}
