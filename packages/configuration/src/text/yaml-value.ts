/** From YAML's nodes to plain values, and from a path back to its place in the text. */
import { isAlias, isMap, isNode, isPair, isScalar, isSeq, type Document, type Node, type Pair } from "yaml";

export interface YamlProblem {
  /** Characters from the beginning of the text. */
  readonly offset: number;
  readonly message: string;
}

/** A few lines of anchors can stand for billions of values ("billion laughs"). */
const maxValues = 500_000;

/** The document's value, or what is wrong with it. */
export function toValue(yaml: Document.Parsed): { value: unknown; problems: readonly YamlProblem[] } {
  const problems: YamlProblem[] = [];
  const open = new Set<Node>();
  const anchors = new Map<string, Node>();
  let count = 0;

  function refuse(node: unknown, message: string): undefined {
    problems.push({ offset: offsetOf(node), message });
  }

  function valueOf(node: unknown): unknown {
    count += 1;
    if (count > maxValues) {
      if (count === maxValues + 1) refuse(node, `stands for more than ${maxValues} values`);
      return undefined;
    }
    if (isAlias(node)) {
      const target = anchors.get(node.source);
      if (!target) return refuse(node, `names the anchor ${node.source}, which is not there before`);
      return open.has(target) ? refuse(node, "is inside of what it stands for") : valueOf(target);
    }
    // The last one of its name before an alias is the one that the alias means (YAML 1.2 §7.1).
    if (isNode(node) && "anchor" in node && node.anchor !== undefined) anchors.set(node.anchor, node);
    if (isScalar(node)) return scalarOf(node);
    if (!isMap(node) && !isSeq(node)) return null;
    if (node.tag !== undefined && !plainTags.has(node.tag)) return refuse(node, "has a tag");
    open.add(node);
    const value = isMap(node) ? Object.fromEntries(node.items.map(memberOf)) : node.items.map(valueOf);
    open.delete(node);
    return value;
  }

  function memberOf({ key, value }: Pair): [string, unknown] {
    const name = isScalar(key) ? String(key.value) : "";
    if (!isScalar(key) || isReserved(name)) refuse(key, "is not a name that is allowed");
    return [name, valueOf(value)];
  }

  function scalarOf(node: Node & { value: unknown }): unknown {
    const { value } = node;
    const isPlain = value === null || ["string", "boolean"].includes(typeof value) || Number.isFinite(value);
    return isPlain ? value : refuse(node, "is not a value of JSON");
  }

  return { value: valueOf(yaml.contents), problems };
}

/** Where the value at this path begins; where there is none, the innermost one around it. */
export function findNode(yaml: Document.Parsed, path: readonly PropertyKey[]): number {
  let node: unknown = yaml.contents;
  let offset = offsetOf(node);
  for (const part of path) {
    const inner = isAlias(node) ? node.resolve(yaml) : node;
    const next = isMap(inner)
      ? inner.items.find(({ key }) => isScalar(key) && String(key.value) === String(part))
      : isSeq(inner) && typeof part === "number"
        ? inner.items[part]
        : undefined;
    if (next === undefined) break;
    offset = offsetOf(isPair(next) ? next.key : next);
    node = isPair(next) ? next.value : next;
  }
  return offset;
}

const plainTags = new Set(["tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"]);

/** What sets the prototype of an object in some readers is a name for none. */
function isReserved(name: string): boolean {
  return name === "__proto__";
}

function offsetOf(node: unknown): number {
  return (node as { range?: readonly [number, number, number] | null } | null | undefined)?.range?.[0] ?? 0;
}
