/** Reads a server's whole list, page by page, each item as the text that came. */
import { mcpFaults } from "../faults.ts";
import { arrayElements, objectMembers } from "../json/scan.ts";
import { memberText } from "../jsonrpc/message.ts";
import type { Channel } from "./channel.ts";
import { rpcErrorFault } from "./upstream-fault.ts";
import { modernParams, type ClientIdentity } from "./modern.ts";

const maxPages = 64;
const maxItems = 10_000;
/** Of all pages together: a server's lists are kept in memory, by every replica. */
const maxListChars = 8 * 1024 * 1024;

export interface ListSpec {
  readonly method: "tools/list" | "prompts/list" | "resources/list" | "resources/templates/list";
  /** The member of the result that holds the items. */
  readonly member: "tools" | "prompts" | "resources" | "resourceTemplates";
}

/**
 * All items of a list; undefined where the server does not know the method.
 * Throws `upstream_invalid` (no array, a cursor that repeats, too many pages or items) and what
 * `Channel.request` throws.
 */
export async function listAll(
  channel: Channel,
  spec: ListSpec,
  identity: ClientIdentity,
  signal: AbortSignal,
): Promise<string[] | undefined> {
  const items: string[] = [];
  let chars = 0;
  const cursors = new Set<string>();
  for (let cursor: string | undefined; ;) {
    const page = cursor === undefined ? {} : { cursor };
    const params = channel.era === "modern" ? modernParams(identity, page) : JSON.stringify(page);
    const answer = await channel.request({ method: spec.method, params, signal });
    if (answer.kind === "error") {
      if (answer.error.code === -32601 && items.length === 0) return undefined;
      throw rpcErrorFault(`The server's ${spec.method} failed`, answer.error);
    }
    const result = memberText(answer, "result") ?? "{}";
    const span = objectMembers(result).get(spec.member);
    if (!span || !Array.isArray(answer.result[spec.member]))
      throw invalid(spec, `has no array "${spec.member}"`);
    for (const element of arrayElements(result, span.start)) {
      items.push(result.slice(element.start, element.end));
      chars += element.end - element.start;
    }
    if (items.length > maxItems) throw invalid(spec, `has more than ${maxItems} items`);
    if (chars > maxListChars) throw invalid(spec, `is longer than ${maxListChars} characters`);

    const next = answer.result["nextCursor"];
    if (typeof next !== "string" || next === "") return items;
    if (cursors.has(next)) throw invalid(spec, "repeats a cursor");
    if (cursors.add(next).size >= maxPages) throw invalid(spec, `has more than ${maxPages} pages`);
    cursor = next;
  }
}

function invalid(spec: ListSpec, problem: string) {
  return mcpFaults.fault("upstream_invalid", `The server's ${spec.method} ${problem}`);
}
