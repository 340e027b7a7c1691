/**
 * Names of the protocol in another case. MCP's are to the letter, but not all readers look at that (Go's takes `Name` for
 * `name`, and the last of both): a server would then carry out another call than the one that was judged.
 */
import { mcpFaults } from "../faults.ts";

type Members = Readonly<Record<string, unknown>>;

const ofMessages = byFolded("jsonrpc", "id", "method", "params", "result", "error");
const ofParams = byFolded(
  "_meta",
  "argument",
  "arguments",
  "capabilities",
  "clientInfo",
  "context",
  "cursor",
  "inputResponses",
  "level",
  "name",
  "notifications",
  "protocolVersion",
  "ref",
  "requestState",
  "task",
  "taskId",
  "type",
  "uri",
);
const longest = 16;

/** Throws `json_ambiguous` for a message, its parameters or its reference with such a name. */
export function assertSpelled(message: Members): void {
  assertEach(message, ofMessages);
  const { params } = message;
  if (!hasMembers(params)) return;
  assertEach(params, ofParams);
  if (hasMembers(params["ref"])) assertEach(params["ref"], ofParams);
}

function assertEach(of: Members, names: ReadonlyMap<string, string>): void {
  for (const key of Object.keys(of)) {
    const name = key.length <= longest ? names.get(folded(key)) : undefined;
    if (name !== undefined && name !== key)
      throw mcpFaults.fault("json_ambiguous", `JSON has ${JSON.stringify(key)} for ${JSON.stringify(name)}`);
  }
}

function hasMembers(value: unknown): value is Members {
  return typeof value === "object" && value !== null;
}

function byFolded(...names: readonly string[]): ReadonlyMap<string, string> {
  return new Map(names.map((name) => [folded(name), name]));
}

/** Both ways: the long s is a capital S, and the sign for kelvin a small k. */
function folded(name: string): string {
  return name.toUpperCase().toLowerCase();
}
