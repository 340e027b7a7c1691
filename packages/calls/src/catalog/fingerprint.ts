/**
 * What a definition says, as a hash: `sha256:` and SHA-256, in hex, over its canonical JSON. Two texts of one
 * value have one fingerprint; a definition that says anything else has another.
 */
import { createHash } from "node:crypto";
import { edit, objectMembers } from "@castellan/mcp";
import { canonicalJson } from "../canonical-json.ts";
import type { Definition, FoundDefinition } from "./definition.ts";

const fingerprintPattern = /^sha256:[0-9a-f]{64}$/;
export const fingerprintRule = "sha256: and 64 digits in lower-case hex";

export function isFingerprint(value: string): boolean {
  return fingerprintPattern.test(value);
}

/**
 * Of a definition. How long a resource is and when it was written last say nothing of what it is for, and change
 * as often as the resource does: they are left out, where they are that and nothing else.
 */
export function fingerprintOf(definition: Pick<FoundDefinition, "kind" | "text">): string {
  return hash(canonicalJson(lastingText(definition)));
}

/**
 * Of what it says beside its names: equal for a definition that only changed these. Undefined where there is no
 * description left to know it by.
 */
export function fingerprintOfBody(definition: Pick<FoundDefinition, "kind" | "text">): string | undefined {
  if (definition.kind === "instructions") return undefined;
  const unnamed = without(lastingText(definition), (name) => ofNames.has(name));
  return hasWords(unnamed) ? hash(canonicalJson(unnamed)) : undefined;
}

/** Of all that a server offers, in whatever order: moves when anything in it does. */
export function fingerprintOfAll(
  definitions: readonly Pick<Definition, "kind" | "name" | "fingerprint">[],
): string {
  const lines = definitions.map(({ kind, name, fingerprint }) => JSON.stringify([kind, name, fingerprint]));
  // No line holds the character between them: JSON escapes it.
  return hash(lines.toSorted().join("\n"));
}

function hash(text: string): string {
  return `sha256:${createHash("sha256").update(text).digest("hex")}`;
}

const ofNames: ReadonlySet<string> = new Set(["name", "title", "uri", "uriTemplate"]);

/** As they are written. What is longer, or anything else, could be there to be read. */
const sizeText = /^\d{1,20}$/;
const timeText = /^"[\dTZ:.+-]{1,40}"$/i;

/** Without 2026-07-28, `Resource.size` (templates have none) and `Annotations.lastModified`. */
function lastingText({ kind, text }: Pick<FoundDefinition, "kind" | "text">): string {
  if (kind !== "resource" && kind !== "resource_template") return text;
  const lasting =
    kind === "resource" ? without(text, (name, value) => name === "size" && sizeText.test(value)) : text;
  const span = objectMembers(lasting).get("annotations");
  if (!span || lasting[span.start] !== "{") return lasting;
  const annotations = without(
    lasting.slice(span.start, span.end),
    (name, value) => name === "lastModified" && timeText.test(value),
  );
  return objectMembers(annotations).size === 0
    ? without(lasting, (name) => name === "annotations")
    : edit(lasting, [{ span, text: annotations }]);
}

/** The object with those members left out; the others stay as they are written. */
function without(text: string, isLeftOut: (name: string, value: string) => boolean): string {
  const members = [...objectMembers(text)];
  const kept = members.filter(([name, { start, end }]) => !isLeftOut(name, text.slice(start, end)));
  if (kept.length === members.length) return text;
  return `{${kept.map(([name, { start, end }]) => `${JSON.stringify(name)}:${text.slice(start, end)}`).join(",")}}`;
}

function hasWords(text: string): boolean {
  const span = objectMembers(text).get("description");
  return span !== undefined && /^"[^"]/.test(text.slice(span.start, span.end));
}
