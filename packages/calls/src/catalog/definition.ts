import type { ToolClass } from "@castellan/access";
import { isObject, mcpFaults, type CapabilityKind, type ListSpec } from "@castellan/mcp";
import { shapeProblem } from "./definition-shape.ts";

export { toolClasses, type ToolClass } from "@castellan/access";

/** What is reviewed before it is offered: what a server lists, and what it tells models about itself. */
export type DefinitionKind = CapabilityKind | "instructions";

/** One thing that a server offers, as its list described it. */
export interface FoundDefinition {
  readonly kind: DefinitionKind;
  /** What the server calls it: a name, a URI, or a URI template; of `instructions` the era that they were told in. */
  readonly name: string;
  /** What the house calls it in portals with prefixed names; for resources the same as `name`. */
  readonly publicName: string;
  /** The definition as the server sent it, to the letter; of `instructions` a JSON string. */
  readonly text: string;
}

/**
 * `approved`: by a person. `accepted`: by a setting of its server (`autoAccept`). The others wait: `new`: never
 * decided on. `changed`: another one of this name was approved. `rejected`: by a person, as it is now.
 */
export const reviewStates = ["approved", "accepted", "new", "changed", "rejected"] as const;
export type ReviewState = (typeof reviewStates)[number];

/** A definition with what has been decided about it. Never changes: a catalog replaces it. */
export interface Definition extends FoundDefinition {
  /** `sha256:` and the hash, in hex, of all that it says, however it is written. */
  readonly fingerprint: string;
  readonly review: ReviewState;
  /**
   * Whether a person has rejected one of its name: no setting accepts another one of that name, for whoever was
   * rejected could write itself in other words.
   */
  readonly awaitsPerson: boolean;
  /** As approved; as its annotations propose where it waits. `read` for all but tools. */
  readonly class: ToolClass;
  /** When it was approved or accepted. */
  readonly decidedAt: Date | undefined;
}

/** What is looked at to tell whether a definition is offered. */
export type ReviewedKind = Pick<Definition, "kind" | "review" | "awaitsPerson">;

/** Whether it is offered: it was decided for, or a portal needs no decision for its kind and none was taken against it. */
export function isLive(definition: ReviewedKind, autoAccept: readonly DefinitionKind[] = []): boolean {
  const { review } = definition;
  return review === "approved" || review === "accepted" || isAcceptable(definition, autoAccept);
}

/** Whether it waits, and a setting may decide for it. */
export function isAcceptable(
  { kind, review, awaitsPerson }: ReviewedKind,
  autoAccept: readonly DefinitionKind[],
): boolean {
  return (review === "new" || review === "changed") && !awaitsPerson && autoAccept.includes(kind);
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

/** The method by which a server is asked for its list of them. */
export function listMethodOf(kind: CapabilityKind): ListSpec["method"] {
  return kinds[kind].list.method;
}

export const capabilityKinds = Object.keys(kinds) as readonly CapabilityKind[];
export const definitionKinds: readonly DefinitionKind[] = [...capabilityKinds, "instructions"];

const maxNameLength = 1024;
/** A row of PostgreSQL's index holds 2,700 bytes, the server's id and the kind included. */
const maxNameBytes = 2048;
export const maxDefinitionLength = 1024 * 1024;

/** Portals decide by name, in JSON objects; as a key of these it is refused everywhere: nobody could switch it off. */
const noKey = "__proto__";

/** The name that a definition gives itself. Throws `upstream_invalid` when it cannot be used. */
export function nameOf(kind: CapabilityKind, text: string): string {
  const { key } = kinds[kind];
  if (text.length > maxDefinitionLength) throw unusable(`is longer than ${maxDefinitionLength} characters`);
  const value: unknown = JSON.parse(text);
  const name = isObject(value) ? value[key] : undefined;
  if (typeof name !== "string" || name === "") throw unusable(`has no string "${key}"`);
  if (isTooLong(name))
    throw unusable(`has a "${key}" of more than ${maxNameLength} characters or ${maxNameBytes} bytes`);
  if (!isText(name)) throw unusable(`has a "${key}" that is not text`);
  if (name === noKey) throw unusable(`has the "${key}" ${noKey}`);
  const problem = shapeProblem(kind, value);
  if (problem !== undefined) throw unusable(problem);
  return name;
}

export const definitionNameRule = `text of 1 to ${maxNameLength} characters, ${maxNameBytes} bytes at most`;

/** Whether a server's definition could have this name. */
export function isDefinitionName(name: string): boolean {
  return name !== "" && name !== noKey && !isTooLong(name) && isText(name);
}

function isTooLong(name: string): boolean {
  return name.length > maxNameLength || Buffer.byteLength(name) > maxNameBytes;
}

function isText(name: string): boolean {
  return !name.includes("\0") && name.isWellFormed();
}

function unusable(problem: string) {
  return mcpFaults.fault("upstream_invalid", `The definition ${problem}`);
}
