/** How the references of a document hang together: which lead back to themselves, and so cannot be written out. */
import { isObject } from "@castellan/mcp";
import { textMember } from "../../document/members.ts";
import { documentInvalid } from "../../document/problems.ts";
import { isLocalRef, pointerOf, valueAt } from "../../document/pointer.ts";
import { Unusable } from "../../document/unusable.ts";

/** A document may refer to many places that overlap. */
const maxSteps = 20_000_000;

export interface References {
  /** Pointers that are part of a circle. */
  readonly recursive: ReadonlySet<string>;
  /** All pointers, each after those that it refers to (but for circles). */
  readonly order: readonly string[];
}

/** Throws `document_invalid` for what would take too long to find out. */
export function findReferences(root: unknown): References {
  let steps = 0;

  /** The places that a value refers to. */
  function refsIn(value: unknown): readonly string[] {
    const found = new Set<string>();
    const open = [value];
    while (open.length > 0) {
      steps += 1;
      if (steps > maxSteps)
        throw documentInvalid([{ place: "", problem: "has references that overlap too often" }]);
      const next = open.pop();
      if (Array.isArray(next)) for (const item of next) open.push(item);
      if (!isObject(next)) continue;
      const pointer = targetOf(textMember(next, "$ref"));
      if (pointer !== undefined) found.add(pointer);
      for (const inner of Object.values(next)) if (typeof inner === "object") open.push(inner);
    }
    return [...found];
  }

  const edges = new Map<string, readonly string[]>();
  const waiting = [...refsIn(root)];
  for (let pointer = waiting.pop(); pointer !== undefined; pointer = waiting.pop()) {
    if (edges.has(pointer)) continue;
    edges.set(pointer, refsIn(existing(root, pointer)));
    waiting.push(...(edges.get(pointer) ?? []));
  }
  return sorted(edges);
}

function targetOf(ref: string | undefined): string | undefined {
  if (ref === undefined || !isLocalRef(ref)) return undefined;
  try {
    return pointerOf(ref);
  } catch (error) {
    if (error instanceof Unusable) return undefined;
    throw error;
  }
}

function existing(root: unknown, pointer: string): unknown {
  try {
    return valueAt(root, pointer);
  } catch (error) {
    if (error instanceof Unusable) return undefined;
    throw error;
  }
}

interface Visit {
  readonly pointer: string;
  readonly index: number;
  low: number;
  next: number;
}

/** Tarjan's strongly connected components, without recursion: a chain of references may be as long as a document. */
function sorted(edges: ReadonlyMap<string, readonly string[]>): References {
  const recursive = new Set<string>();
  const order: string[] = [];
  const visits = new Map<string, Visit>();
  const component: Visit[] = [];
  const isOpen = new Set<string>();
  const begin = (pointer: string): Visit => {
    const visit = { pointer, index: visits.size, low: visits.size, next: 0 };
    visits.set(pointer, visit);
    component.push(visit);
    isOpen.add(pointer);
    return visit;
  };
  for (const start of edges.keys()) {
    if (visits.has(start)) continue;
    const stack = [begin(start)];
    for (let visit = stack.at(-1); visit !== undefined; visit = stack.at(-1)) {
      const targets = edges.get(visit.pointer) ?? [];
      const target = targets[visit.next];
      visit.next += 1;
      if (target !== undefined) {
        const known = visits.get(target);
        if (!known) stack.push(begin(target));
        else if (isOpen.has(target)) visit.low = Math.min(visit.low, known.index);
        continue;
      }
      stack.pop();
      const parent = stack.at(-1);
      if (parent) parent.low = Math.min(parent.low, visit.low);
      if (visit.low !== visit.index) continue;
      const members = component.splice(component.lastIndexOf(visit));
      for (const { pointer } of members) {
        isOpen.delete(pointer);
        order.push(pointer);
        if (members.length > 1 || targets.includes(pointer)) recursive.add(pointer);
      }
    }
  }
  return { recursive, order };
}
