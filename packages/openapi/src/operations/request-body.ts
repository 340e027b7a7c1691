/** Reads what body an operation takes (OpenAPI 3.1.1 §4.8.13), in the first of the ways that can be written. */
import { isObject } from "@castellan/mcp";
import type { Source } from "../document/api-document.ts";
import { bounded, elementsOf, member, membersOf, sortedMembers, textMember } from "../document/members.ts";
import { dereference } from "../document/pointer.ts";
import { Unusable } from "../document/unusable.ts";
import { isJsonType, isTextType, parseMediaType } from "./media-type.ts";
import type { BodyKind, Described, MemberEncoding, RequestBody } from "./operation.ts";
import { isStyle } from "./parameters.ts";

export type DescribedBody = RequestBody & Described;

/** In the order of what is preferred. */
const kinds: readonly (readonly [BodyKind, (type: string) => boolean, string])[] = [
  ["json", (type) => type === "application/json", "application/json"],
  ["json", isJsonType, ""],
  ["json", (type) => type === "*/*" || type === "application/*", "application/json"],
  ["form", (type) => type === "application/x-www-form-urlencoded", ""],
  ["multipart", (type) => type === "multipart/form-data", ""],
  ["text", (type) => isTextType(type) && !type.includes("*"), ""],
  // What has parts of its own is no bytes of anybody's.
  ["bytes", (type) => type !== "" && !type.includes("*") && !type.startsWith("multipart/"), ""],
];

/** What an operation takes; `leftOut`: a sentence about what it would take, and cannot be given. */
export interface ReadBody {
  readonly body?: DescribedBody;
  readonly leftOut?: string;
}

/** Without a body where there is none, or one that cannot be written and need not be. Throws `Unusable`. */
export function readRequestBody({ root }: Source, given: unknown): ReadBody {
  const body = dereference(root, given);
  if (!isObject(body)) return {};
  const isRequired = member(body, "required") === true;
  const offered = sortedMembers(member(body, "content")).map(([text, content]) => ({
    type: parseMediaType(text),
    content,
  }));
  for (const [kind, isKind, sentAs] of kinds) {
    const found = offered.find(({ type }) => isKind(type));
    if (!found) continue;
    const mediaType = sentAs === "" ? found.type : sentAs;
    const schema = schemaOf(root, kind, { mediaType, given: member(found.content, "schema") });
    const leftOut = kind === "multipart" ? bytesOf(root, schema, isRequired) : new Set<string>();
    return {
      body: {
        kind,
        mediaType,
        isRequired,
        description: textMember(body, "description"),
        schema,
        encodings: readEncodings(member(found.content, "encoding")),
        leftOut,
      },
      ...(leftOut.size > 0 && { leftOut: `Files cannot be sent: ${listed(leftOut)}.` }),
    };
  }
  if (offered.length === 0) return {};
  const types = listed(new Set(offered.map(({ type }) => (type === "" ? "one that is none" : type))));
  if (isRequired) throw new Unusable(`takes a body only in content types that cannot be written: ${types}`);
  return { leftOut: `Its body cannot be sent, which is of ${types}.` };
}

const maxListed = 5;

function listed(names: ReadonlySet<string>): string {
  const first = [...names].slice(0, maxListed).map((name) => bounded(name, 80));
  return [...first, ...(names.size > maxListed ? [`${names.size - maxListed} more`] : [])].join(", ");
}

/** Whatever the document says of bytes, and of what is XML once it is written: they are given as text. */
function schemaOf(
  root: unknown,
  kind: BodyKind,
  { mediaType: contentMediaType, given }: { readonly mediaType: string; readonly given: unknown },
): unknown {
  if (kind === "bytes") return { type: "string", contentEncoding: "base64", contentMediaType };
  if (kind !== "text" || member(dereference(root, given), "type") === "string") return given;
  return { type: "string", contentMediaType };
}

function readEncodings(given: unknown): ReadonlyMap<string, MemberEncoding> {
  return new Map(
    membersOf(given).map(([name, encoding]) => {
      const [style, explode] = [member(encoding, "style"), member(encoding, "explode")];
      return [
        name,
        {
          style: isStyle(style) ? style : undefined,
          explode: typeof explode === "boolean" ? explode : undefined,
          isJson: isJsonType(parseMediaType(textMember(encoding, "contentType"))),
        },
      ];
    }),
  );
}

/** Files; an operation that cannot be without them cannot be used. Throws `Unusable`. */
function bytesOf(root: unknown, given: unknown, isBodyRequired: boolean): ReadonlySet<string> {
  const schema = dereference(root, given);
  const required = new Set(elementsOf(member(schema, "required")));
  const found = new Set<string>();
  for (const [name, property] of membersOf(member(schema, "properties"))) {
    if (!isBytes(root, property)) continue;
    if (required.has(name) && isBodyRequired)
      throw new Unusable(`needs a file (${JSON.stringify(name.slice(0, 80))})`);
    found.add(name);
  }
  return found;
}

function isBytes(root: unknown, given: unknown): boolean {
  const schema = dereference(root, given);
  if (
    member(schema, "format") === "binary" ||
    member(schema, "contentMediaType") === "application/octet-stream"
  )
    return true;
  const items = member(schema, "items");
  return items !== undefined && items !== given && member(dereference(root, items), "format") === "binary";
}
