import { isObject, mcpFaults, type CapabilityKind } from "@castellan/mcp";
import { shapeProblem } from "./definition-shape.ts";

/** One thing that a server offers, as its list described it. */
export interface Definition {
  readonly kind: CapabilityKind;
  /** What the server calls it: a name, a URI, or a URI template. */
  readonly name: string;
  /** What the house calls it in portals with prefixed names; for resources the same as `name`. */
  readonly publicName: string;
  /** The definition as the server sent it, to the letter. */
  readonly text: string;
}

/** How each kind is listed, and which member of a definition names it. */
export const kinds = {
  tool: { list: { method: "tools/list", member: "tools" }, key: "name", capability: "tools" },
  prompt: { list: { method: "prompts/list", member: "prompts" }, key: "name", capability: "prompts" },
  resource: { list: { method: "resources/list", member: "resources" }, key: "uri", capability: "resources" },
  resource_template: {
    list: { method: "resources/templates/list", member: "resourceTemplates" },
    key: "uriTemplate",
    capability: "resources",
  },
} as const satisfies Readonly<Record<CapabilityKind, unknown>>;

export const capabilityKinds = Object.keys(kinds) as readonly CapabilityKind[];

const maxNameLength = 1024;
/** A row of PostgreSQL's index holds 2,700 bytes, the server's id and the kind included. */
const maxNameBytes = 2048;
const maxDefinitionLength = 1024 * 1024;

/** The name that a definition gives itself. Throws `upstream_invalid` when it cannot be used. */
export function nameOf(kind: CapabilityKind, text: string): string {
  const { key } = kinds[kind];
  if (text.length > maxDefinitionLength) throw unusable(`is longer than ${maxDefinitionLength} characters`);
  const value: unknown = JSON.parse(text);
  const name = isObject(value) ? value[key] : undefined;
  if (typeof name !== "string" || name === "") throw unusable(`has no string "${key}"`);
  if (name.length > maxNameLength || Buffer.byteLength(name) > maxNameBytes)
    throw unusable(`has a "${key}" of more than ${maxNameLength} characters or ${maxNameBytes} bytes`);
  if (name.includes("\0") || !name.isWellFormed()) throw unusable(`has a "${key}" that is not text`);
  const problem = shapeProblem(kind, value);
  if (problem !== undefined) throw unusable(problem);
  return name;
}

function unusable(problem: string) {
  return mcpFaults.fault("upstream_invalid", `The definition ${problem}`);
}
