/**
 * The parts of a server.json that say how a server is reached (schema of 2025-12-11, and the draft after it).
 * It was written by a stranger: what is read of it is checked and bounded, everything else is left alone.
 */
import { invalidInput, isSlug, parseInput, type Slug } from "@castellan/kernel";
import { isObject } from "@castellan/mcp";
import { z } from "zod";

const maxText = 4096;
const text = z.string().max(maxText);

/** A value that the document fixes, proposes, or asks for (`Input`). */
const input = z.object({
  value: text.optional(),
  default: text.optional(),
  choices: z.array(text).max(200).optional(),
  isRequired: z.boolean().optional(),
  isSecret: z.boolean().optional(),
  format: z.enum(["string", "number", "boolean", "filepath"]).optional(),
});

const maxVariables = 100;

/** Their values by name (`variables`). */
const variables = z
  .record(z.string().min(1).max(128), input)
  .refine((all) => Object.keys(all).length <= maxVariables, `must have at most ${maxVariables} entries`)
  .optional();

const remote = z.object({
  type: z.enum(["streamable-http", "sse"]),
  url: z.string().min(1).max(2048),
  variables,
  headers: z
    .array(input.extend({ name: z.string().min(1).max(128), variables }))
    .max(50)
    .optional(),
});

const serverJson = z.object({
  $schema: z.string().max(256).refine(isKnownSchema, "must be server.json of 2025-09-16 or later").optional(),
  // Of other registries some have names that the schema does not allow: what is needed of them is a text.
  name: z.string().min(3).max(200),
  title: z.string().max(maxText).optional(),
  description: z.string().max(maxText).optional(),
  packages: z.array(z.unknown()).max(200).optional(),
  remotes: z.array(remote).max(50).optional(),
});

export type Input = z.output<typeof input>;
export type Remote = z.output<typeof remote>;
export type RemoteHeader = NonNullable<Remote["headers"]>[number];
export type ServerJson = z.output<typeof serverJson>;

export interface ReadDocument {
  readonly server: ServerJson;
  /** Where it stands in the request: `document`, or `document.server` if it came with a registry's `_meta`. */
  readonly path: string;
}

/** Takes a server.json, or the `ServerResponse` of a registry around one. Throws `invalid_input`. */
export function parseServerJson(document: unknown): ReadDocument {
  if (isObject(document) && isObject(document["server"]))
    return {
      server: parseInput(z.object({ document: z.object({ server: serverJson }) }), { document }, "body")
        .document.server,
      path: "document.server",
    };
  return {
    server: parseInput(z.object({ document: serverJson }), { document }, "body").document,
    path: "document",
  };
}

/** Names of fields were other ones before 2025-09-16. */
function isKnownSchema(url: string): boolean {
  const [, edition] =
    /^https:\/\/static\.modelcontextprotocol\.io\/schemas\/(\d{4}-\d{2}-\d{2}|draft)\/server\.schema\.json$/.exec(
      url,
    ) ?? [];
  return edition !== undefined && edition >= "2025-09-16";
}

/** Names that say nothing of which server it is: the publisher's name is taken instead. */
const generic = new Set(["mcp", "mcp-server", "server"]);

/** `io.github.acme/Weather_Server` → `weather-server`, `com.acme/mcp` → `acme`. Throws `invalid_input` (`slug`). */
export function toSlug(name: string): Slug {
  const parts = name.split("/");
  const own = spell(parts.at(-1) ?? "");
  const slug = parts.length > 1 && generic.has(own) ? spell(parts[0]?.split(".").at(-1) ?? "") : own;
  if (isSlug(slug)) return slug;
  throw invalidInput([
    { field: "slug", reason: "is required: none can be made of the name in the document" },
  ]);
}

function spell(part: string): string {
  return part
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replace(/^[^a-z]+/, "")
    .slice(0, 32)
    .replace(/-+$/, "");
}
