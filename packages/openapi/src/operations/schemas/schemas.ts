/**
 * The schemas of a document as JSON Schema 2020-12 that stands alone. What a `$ref` means is written out in its place
 * where that is short; what is long or leads back to itself is kept under `$defs`.
 */
import { isObject } from "@castellan/mcp";
import type { Source } from "../../document/api-document.ts";
import { member, membersOf, textMember } from "../../document/members.ts";
import { pointerOf, valueAt } from "../../document/pointer.ts";
import { documentInvalid } from "../../document/problems.ts";
import { Unusable } from "../../document/unusable.ts";
import {
  plainKeywords,
  schemaKeywords,
  schemaListKeywords,
  schemaMapKeywords,
  withoutDialect,
} from "./keywords.ts";
import { findReferences } from "./references.ts";
import { relaxed } from "./relaxed.ts";

/** What is sent is described as the API wants it; what comes, so that nothing that comes breaks it. */
export type SchemaUse = "input" | "output";
export type Schema = Readonly<Record<string, unknown>> | boolean;

export interface ReadSchema {
  readonly schema: Schema;
  /** Pointers that it refers to under `$defs`, not yet those that they refer to. */
  readonly refs: ReadonlySet<string>;
  /** About as long as its JSON. */
  readonly chars: number;
}

/** What is longer stands under `$defs`. */
const maxInlineChars = 1_500;
/** So much is written out in one schema; from then on all of it stands under `$defs`. */
const maxInlinedChars = 32 * 1024;
/** Schemas of one document, each counted as often as it is read. */
const maxSchemas = 2_000_000;

interface Reading {
  readonly use: SchemaUse;
  readonly refs: Set<string>;
  chars: number;
  inlined: number;
}

export class Schemas {
  readonly #source: Source;
  readonly #recursive: ReadonlySet<string>;
  readonly #known: Readonly<Record<SchemaUse, Map<string, ReadSchema | Unusable>>> = {
    input: new Map(),
    output: new Map(),
  };
  readonly #read: Readonly<Record<SchemaUse, WeakMap<object, ReadSchema>>> = {
    input: new WeakMap(),
    output: new WeakMap(),
  };
  readonly #names = new Map<string, string>();
  readonly #taken = new Set<string>();
  #count = 0;

  constructor(source: Source) {
    this.#source = source;
    const { recursive, order } = findReferences(source.root);
    this.#recursive = recursive;
    // Names are given in one order, wherever in the document they stand; those of schemas go before others.
    for (const pointer of order.toSorted(byName)) this.#nameOf(pointer);
    // What a schema refers to is read before it is: a chain of references may be longer than the stack is deep.
    for (const pointer of order) for (const use of ["input", "output"] as const) this.#attempt(pointer, use);
  }

  /** Throws `Unusable` for references to nothing. */
  read(given: unknown, use: SchemaUse): ReadSchema {
    const known = isObject(given) ? this.#read[use].get(given) : undefined;
    if (known) return known;
    const reading: Reading = { use, refs: new Set(), chars: 0, inlined: 0 };
    const schema = this.#convert(given, reading);
    const read = { schema, refs: reading.refs, chars: reading.chars };
    if (isObject(given)) this.#read[use].set(given, read);
    return read;
  }

  /** All that is to stand under `$defs`, in a steady order; undefined when it is longer than it may be. */
  definitions(refs: Iterable<string>, use: SchemaUse, maxChars: number): Record<string, Schema> | undefined {
    const found = new Map<string, Schema>();
    const waiting = [...refs];
    let chars = 0;
    for (let pointer = waiting.shift(); pointer !== undefined; pointer = waiting.shift()) {
      const name = this.#nameOf(pointer);
      if (found.has(name)) continue;
      const read = this.#at(pointer, use);
      chars += read.chars;
      if (chars > maxChars) return undefined;
      found.set(name, read.schema);
      waiting.push(...read.refs);
    }
    return Object.fromEntries([...found].toSorted(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** What is meant by a schema that is nothing but a reference under `$defs`; else the schema itself. */
  written(read: ReadSchema, use: SchemaUse): ReadSchema {
    const { schema } = read;
    if (typeof schema === "boolean" || schema["$ref"] === undefined || Object.keys(schema).length > 1)
      return read;
    const [pointer] = read.refs;
    return pointer === undefined ? read : this.#at(pointer, use);
  }

  #convert(given: unknown, reading: Reading): Schema {
    this.#count += 1;
    if (this.#count > maxSchemas)
      throw documentInvalid([{ place: "", problem: `has more than ${maxSchemas} schemas` }]);
    if (typeof given === "boolean") return given;
    if (!isObject(given)) return {};
    const ref = textMember(given, "$ref");
    const own = this.#convertOwn(given, reading);
    if (ref === undefined) return own;
    return beside(this.#refer(pointerOf(ref), reading), own, this.#source.is30);
  }

  #convertOwn(given: Readonly<Record<string, unknown>>, reading: Reading): Readonly<Record<string, unknown>> {
    const out: Record<string, unknown> = {};
    for (const [keyword, value] of Object.entries(given)) {
      const taken = this.#takeOver(keyword, value, reading);
      if (taken !== undefined) out[keyword] = taken;
    }
    reading.chars += 16;
    withoutHidden(out);
    if (reading.use === "output") return relaxed(out);
    return this.#source.is30 ? withoutDialect(out, given) : out;
  }

  #takeOver(keyword: string, value: unknown, reading: Reading): unknown {
    const plain = Object.hasOwn(plainKeywords, keyword) ? plainKeywords[keyword] : undefined;
    if (plain) {
      const taken = plain(value);
      reading.chars += keyword.length + 4 + charsOf(taken);
      return taken;
    }
    if (schemaKeywords.has(keyword))
      return typeof value === "boolean" || isObject(value) ? this.#convert(value, reading) : undefined;
    if (schemaListKeywords.has(keyword))
      return Array.isArray(value) && value.length > 0
        ? value.map((item) => this.#convert(item, reading))
        : undefined;
    if (schemaMapKeywords.has(keyword) && isObject(value))
      return this.#convertMap(value, keyword === "properties", reading);
    return undefined;
  }

  /** Members that only the other side writes are left out (§4.8.24, `readOnly`, `writeOnly`). */
  #convertMap(given: Readonly<Record<string, unknown>>, areProperties: boolean, reading: Reading) {
    const hidden = reading.use === "input" ? "readOnly" : "writeOnly";
    const out: [string, Schema][] = [];
    for (const [name, value] of membersOf(given)) {
      if (areProperties && member(value, hidden) === true) continue;
      reading.chars += name.length + 4;
      out.push([name, this.#convert(value, reading)]);
    }
    return Object.fromEntries(out);
  }

  #refer(pointer: string, reading: Reading): Schema {
    if (!this.#recursive.has(pointer) && reading.inlined < maxInlinedChars) {
      const read = this.#at(pointer, reading.use);
      if (read.chars <= maxInlineChars) {
        reading.chars += read.chars;
        reading.inlined += read.chars;
        for (const ref of read.refs) reading.refs.add(ref);
        return read.schema;
      }
    }
    valueAt(this.#source.root, pointer);
    reading.refs.add(pointer);
    const $ref = `#/$defs/${this.#nameOf(pointer)}`;
    reading.chars += $ref.length + 12;
    return { $ref };
  }

  #at(pointer: string, use: SchemaUse): ReadSchema {
    const read = this.#attempt(pointer, use);
    if (read instanceof Unusable) throw read;
    return read;
  }

  #attempt(pointer: string, use: SchemaUse): ReadSchema | Unusable {
    const known = this.#known[use].get(pointer);
    if (known) return known;
    const read = this.#tryToRead(pointer, use);
    this.#known[use].set(pointer, read);
    return read;
  }

  #tryToRead(pointer: string, use: SchemaUse): ReadSchema | Unusable {
    try {
      return this.read(valueAt(this.#source.root, pointer), use);
    } catch (error) {
      if (error instanceof Unusable) return error;
      throw error;
    }
  }

  /** `/components/schemas/Pet` → `Pet`; where another one has that name, `Pet_2`. */
  #nameOf(pointer: string): string {
    const known = this.#names.get(pointer);
    if (known !== undefined) return known;
    const last = pointer.slice(pointer.lastIndexOf("/") + 1);
    const base = last.replaceAll(/[^A-Za-z0-9_.-]/g, "_").slice(0, 64) || "schema";
    let name = base;
    for (let n = 2; this.#taken.has(name) || name === "__proto__"; n += 1) name = `${base}_${n}`;
    this.#taken.add(name);
    this.#names.set(pointer, name);
    return name;
  }
}

function byName(a: string, b: string): number {
  const areSchemas = [a, b].map((pointer) => pointer.startsWith("/components/schemas/"));
  if (areSchemas[0] !== areSchemas[1]) return areSchemas[0] ? -1 : 1;
  return a < b ? -1 : 1;
}

/** Names in `required` that are not there any more would be asked for in vain. */
function withoutHidden(schema: Record<string, unknown>): void {
  const { required, properties, additionalProperties } = schema;
  if (!Array.isArray(required) || !isObject(properties) || isObject(additionalProperties)) return;
  const kept = required.filter((name) => Object.hasOwn(properties, name));
  if (kept.length === required.length) return;
  if (kept.length > 0) schema["required"] = kept;
  else delete schema["required"];
}

function charsOf(value: unknown): number {
  if (value === undefined) return 0;
  if (typeof value === "string") return value.length + 2;
  return typeof value === "object" ? JSON.stringify(value).length : String(value).length;
}

/** What may stand beside a reference without being another demand. */
const notes = new Set(["title", "description", "default", "deprecated"]);

/** 3.0 has nothing count that stands beside a reference but what only describes; 3.1 has both count. */
function beside(meant: Schema, own: Readonly<Record<string, unknown>>, is30: boolean): Schema {
  const entries = Object.entries(own);
  const described = Object.fromEntries(entries.filter(([keyword]) => notes.has(keyword)));
  const demands = Object.fromEntries(entries.filter(([keyword]) => !notes.has(keyword)));
  if (is30 || Object.keys(demands).length === 0)
    return Object.keys(described).length === 0 || typeof meant === "boolean"
      ? meant
      : { ...meant, ...described };
  return { allOf: [meant, demands], ...described };
}
