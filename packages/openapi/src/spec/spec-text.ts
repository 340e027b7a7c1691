/**
 * What code can look at of a document: its operations and what they refer to, without what is for people and machines of other kinds.
 * Kept in pieces of JSON text, so that each caller is shown what they may use without the document being written anew.
 */
import { isObject } from "@castellan/mcp";
import type { Source } from "../document/api-document.ts";
import { elementsOf, member, membersOf, textMember } from "../document/members.ts";
import type { Operation } from "../operations/operation.ts";
import { resolveItem } from "../operations/read-operations.ts";

/** A member of an object: its name and value as JSON, and the components that it refers to: `/components/schemas/Pet`. */
interface SpecMember {
  readonly name: string;
  readonly text: string;
  readonly refs: readonly string[];
}

export interface SpecParts {
  /** The first members of the document, without its end: `{"openapi":"3.1.0","info":{…}`. */
  readonly head: string;
  readonly paths: readonly {
    readonly name: string;
    /** For all operations of the path. */
    readonly shared: SpecMember | undefined;
    readonly operations: readonly (SpecMember & { readonly tool: string })[];
  }[];
  readonly components: readonly { readonly name: string; readonly members: readonly SpecMember[] }[];
}

const groups = new Set(["schemas", "parameters", "responses", "requestBodies", "headers"]);

export function toSpecParts({ root }: Source, operations: readonly Operation[]): SpecParts {
  const tags = member(root, "tags");
  const head = {
    openapi: root["openapi"],
    info: withoutNoise(member(root, "info")),
    ...(tags !== undefined && { tags: withoutNoise(tags) }),
  };
  const components = membersOf(member(root, "components")).filter(([name]) => groups.has(name));
  return {
    head: JSON.stringify(head).slice(0, -1),
    paths: [...Map.groupBy(operations, ({ path }) => path)].map(([path, here]) => {
      const item = resolveItem(root, member(member(root, "paths"), path));
      const shared = member(item, "parameters");
      return {
        name: path,
        shared: shared === undefined ? undefined : toMember("parameters", shared),
        operations: here.map(({ method, tool }) => {
          const name = method.toLowerCase();
          return { ...toMember(name, member(item, name)), tool: tool.name };
        }),
      };
    }),
    components: components.map(([name, group]) => ({
      name,
      members: membersOf(group).map(([inner, value]) => toMember(inner, value)),
    })),
  };
}

/**
 * Compact JSON of the operations whose tools are open, and of the components that they lead to. `$ref`s stay as they are: code can
 * follow them.
 */
export function specText({ head, paths, components }: SpecParts, isOpen: (tool: string) => boolean): string {
  const seen: SpecMember[] = [];
  const shownPaths = paths.flatMap(({ name, shared, operations }) => {
    const open = operations.filter(({ tool }) => isOpen(tool));
    if (open.length === 0) return [];
    const members = shared ? [shared, ...open] : open;
    seen.push(...members);
    return [written(name, objectOf(members.map(textOf)))];
  });
  const known = reachable(seen, components);
  const shownComponents = components.flatMap(({ name, members }) => {
    const shown = members.filter((one) => known.has(one));
    return shown.length === 0 ? [] : [written(name, objectOf(shown.map(textOf)))];
  });
  const parts = [
    head,
    written("paths", objectOf(shownPaths)),
    ...(shownComponents.length > 0 ? [written("components", objectOf(shownComponents))] : []),
  ];
  return `${parts.join(",")}}`;
}

/** Of all components, those that one of these leads to. */
function reachable(
  from: readonly SpecMember[],
  components: SpecParts["components"],
): ReadonlySet<SpecMember> {
  const byPlace = new Map(
    components.flatMap(({ name, members }) =>
      members.map((one) => [`/components/${name}/${escaped(one.name)}`, one]),
    ),
  );
  const found = new Set<SpecMember>();
  const waiting = from.flatMap(({ refs }) => refs);
  for (let place = waiting.pop(); place !== undefined; place = waiting.pop()) {
    const one = byPlace.get(place);
    if (!one || found.has(one)) continue;
    found.add(one);
    for (const ref of one.refs) waiting.push(ref);
  }
  return found;
}

function toMember(name: string, value: unknown): SpecMember {
  const shown = withoutNoise(value);
  return { name, text: JSON.stringify(shown), refs: [...componentsIn(shown)] };
}

/** Where references and discriminators (§4.8.25, names or references) lead. */
function componentsIn(shown: unknown, found: Set<string> = new Set()): ReadonlySet<string> {
  for (const item of elementsOf(shown)) componentsIn(item, found);
  if (!isObject(shown)) return found;
  const place = componentOf(textMember(shown, "$ref"));
  if (place !== undefined) found.add(place);
  for (const [, target] of membersOf(member(member(shown, "discriminator"), "mapping")))
    if (typeof target === "string")
      found.add(componentOf(target) ?? `/components/schemas/${escaped(target)}`);
  for (const [name, inner] of Object.entries(shown)) if (!values.has(name)) componentsIn(inner, found);
  return found;
}

/** `#/components/schemas/Pet/properties/name` → `/components/schemas/Pet` */
function componentOf(ref: string | undefined): string | undefined {
  const place = /^#(\/components\/[^/]+\/[^/]+)/.exec(ref ?? "")?.[1];
  if (place === undefined) return undefined;
  try {
    return decodeURIComponent(place);
  } catch {
    return undefined;
  }
}

function escaped(name: string): string {
  return name.replaceAll("~", "~0").replaceAll("/", "~1");
}

function textOf({ name, text }: SpecMember): string {
  return written(name, text);
}

function written(name: string, text: string): string {
  return `${JSON.stringify(name)}:${text}`;
}

function objectOf(members: readonly string[]): string {
  return `{${members.join(",")}}`;
}

const noise = new Set([
  "example",
  "examples",
  "externalDocs",
  "xml",
  "callbacks",
  "links",
  "servers",
  "security",
]);
/** Their members have names of the document's own. */
const named = new Set([
  "properties",
  "patternProperties",
  "dependentSchemas",
  "$defs",
  "responses",
  "headers",
  "content",
  "encoding",
  "mapping",
]);
/** Values, to the letter. */
const values = new Set(["enum", "default", "const"]);

function withoutNoise(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNoise);
  if (!isObject(value)) return value;
  const kept = Object.entries(value).filter(([name]) => !noise.has(name) && !name.startsWith("x-"));
  return Object.fromEntries(
    kept.map(([name, inner]) => {
      if (values.has(name)) return [name, inner];
      return [name, named.has(name) ? entriesOf(inner) : withoutNoise(inner)];
    }),
  );
}

function entriesOf(value: unknown): unknown {
  if (!isObject(value)) return withoutNoise(value);
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withoutNoise(inner)]));
}
