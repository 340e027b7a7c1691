/** From the reply of an API to the result of a tool (2026-07-28, `CallToolResult`). */
import { STATUS_CODES } from "node:http";
import { isFault } from "@castellan/kernel";
import { assertUnambiguous, isObjectText } from "@castellan/mcp";
import { isJsonType, isTextType, parseMediaType } from "../operations/media-type.ts";
import type { Operation } from "../operations/operation.ts";
import type { ApiReply } from "./exchange.ts";
import { maxHeaderChars, toldHeaders } from "./told-headers.ts";

/**
 * The member of a result's `_meta` with `status` and `headers` of the API's reply; `body`: which block of the content is its body, absent
 * where it has none that is told.
 */
export const httpMetaKey = "dev.castellan/http";

/**
 * The result as JSON text: the API's own JSON stands in it as it came. `address`: what was asked for, without its query, where a
 * key may be.
 */
export function toResultText(
  operation: Operation,
  reply: ApiReply,
  from: { readonly address: string; readonly meta: Readonly<Record<string, unknown>> },
): string {
  const { status, headers } = reply;
  const isError = status >= 400 || (status >= 300 && status !== 304 && !operation.redirects.has(status));
  const { content, structured, body } =
    isError || status >= 300 ? toldStatus(reply) : contentOf(reply, from.address);
  const http = { status, headers: toldHeaders(headers, from.address), ...(body !== undefined && { body }) };
  const meta = { ...from.meta, [httpMetaKey]: http };
  const structuredText = isError
    ? undefined
    : (structured ?? (operation.tool.hasOutput ? fallback(content) : undefined));
  return [
    `{"resultType":"complete","content":${JSON.stringify(content)}`,
    structuredText === undefined ? "" : `,"structuredContent":${structuredText}`,
    isError ? `,"isError":true` : "",
    `,"_meta":${JSON.stringify(meta)}}`,
  ].join("");
}

type Content =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "image" | "audio"; readonly data: string; readonly mimeType: string }
  | {
      readonly type: "resource";
      readonly resource: { readonly uri: string; readonly mimeType: string; readonly blob: string };
    };

interface Told {
  readonly content: readonly Content[];
  /** Which of it is the body of the reply. */
  readonly body?: number;
  /** JSON text of an object. */
  readonly structured?: string;
}

/** What is announced as structured is so in any case; nothing of it is demanded by the schema. */
function fallback([content]: readonly Content[]): string {
  if (content?.type !== "text") return "{}";
  return JSON.stringify({ result: jsonOf(content.text) ?? content.text });
}

function jsonOf(text: string): unknown {
  return isSound(text) ? (JSON.parse(text) as unknown) : undefined;
}

/** Status, where it leads, and what the API says of it. */
function toldStatus(reply: ApiReply): Told {
  const { status, headers, body, isCut } = reply;
  const said = isReadable(reply) ? textOf(reply) : "";
  const lines = [`HTTP ${status} ${STATUS_CODES[status] ?? ""}`.trim()];
  const location = headers["location"];
  if (location !== undefined && status < 400) lines.push(`Location: ${location.slice(0, maxHeaderChars)}`);
  const retryAfter = headers["retry-after"];
  if (retryAfter !== undefined) lines.push(`Retry-After: ${retryAfter.slice(0, 100)}`);
  if (isCut) lines.push(`Only the first ${body.length} bytes of what the API said:`);
  const first = text(lines.join("\n"));
  return said === "" ? { content: [first] } : { content: [first, text(said)], body: 1 };
}

function contentOf(reply: ApiReply, address: string): Told {
  const { headers, body } = reply;
  if (body.length === 0) return toldStatus(reply);
  if (isReadable(reply)) {
    const said = textOf(reply);
    const isJson = isJsonType(parseMediaType(headers["content-type"])) && isSound(said);
    return { content: [text(said)], body: 0, ...(isJson && isObjectText(said) && { structured: said }) };
  }
  const mimeType = parseMediaType(headers["content-type"]) || "application/octet-stream";
  const data = body.toString("base64");
  if (mimeType.startsWith("image/")) return { content: [{ type: "image", data, mimeType }], body: 0 };
  if (mimeType.startsWith("audio/")) return { content: [{ type: "audio", data, mimeType }], body: 0 };
  return { content: [{ type: "resource", resource: { uri: address, mimeType, blob: data } }], body: 0 };
}

function text(said: string): Content {
  return { type: "text", text: said };
}

/** JSON that every reader reads alike, two levels deeper as well: it is to stand in a message. */
function isSound(text: string): boolean {
  try {
    JSON.parse(text);
    assertUnambiguous(`[[${text}]]`);
    return true;
  } catch (error) {
    if (error instanceof SyntaxError || isFault(error)) return false;
    throw error;
  }
}

function isReadable({ headers, body, isCut }: ApiReply): boolean {
  const type = parseMediaType(headers["content-type"]);
  if (type !== "") return isJsonType(type) || isTextType(type);
  return isUtf8(body, isCut);
}

function isUtf8(body: Buffer, isCut: boolean): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(body, { stream: isCut });
    return !body.includes(0);
  } catch {
    return false;
  }
}

/** In the encoding that the API says; UTF-8 without one (RFC 8259 §8.1). */
function textOf({ headers, body }: ApiReply): string {
  const charset = /;\s*charset="?([\w-]{1,40})"?/i.exec(headers["content-type"] ?? "")?.[1] ?? "utf-8";
  return decoder(charset).decode(body);
}

function decoder(charset: string) {
  try {
    return new TextDecoder(charset);
  } catch {
    return new TextDecoder("utf-8");
  }
}
