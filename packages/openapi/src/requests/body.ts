/** The body of a request, in the content type that its operation takes. */
import { createHash } from "node:crypto";
import type { MemberEncoding, RequestBody } from "../operations/operation.ts";
import { bodyArgument } from "../operations/operation.ts";
import { encode } from "./encode.ts";
import { isGivenObject, isList, textOf, type Given, type GivenObject } from "./given.ts";
import { requestInvalid } from "./invalid.ts";
import { joinPairs, toPairs } from "./pairs.ts";

export interface WrittenBody {
  readonly content: string | Buffer;
  readonly contentType: string;
}

/** `text`: the argument's own JSON. Throws `api_request_invalid`. */
export function writeBody(body: RequestBody, given: Given, text: string, maxBytes: number): WrittenBody {
  const written = inKind(body, given, text);
  if (Buffer.byteLength(written.content) <= maxBytes) return written;
  throw requestInvalid(bodyArgument, `is larger than ${maxBytes} bytes`);
}

function inKind(body: RequestBody, given: Given, text: string): WrittenBody {
  const { kind, mediaType } = body;
  switch (kind) {
    case "json":
      return { content: text, contentType: mediaType };
    case "form":
      return { content: writeForm(body, asObject(given)), contentType: mediaType };
    case "multipart":
      return writeMultipart(body, asObject(given));
    case "text":
      return { content: textOf(given), contentType: `${mediaType}; charset=utf-8` };
    case "bytes":
      return { content: bytesOf(given), contentType: mediaType };
  }
}

/** RFC 4648 §4 or §5, with or without padding. What is anything else is refused: `Buffer` would leave it out. */
function bytesOf(given: Given): Buffer {
  const [, digits = "", padding = ""] =
    (typeof given === "string" && /^([\w+/-]*)(={0,2})$/.exec(given)) || [];
  const isWhole = digits.length % 4 !== 1 && (padding === "" || (digits + padding).length % 4 === 0);
  if (isWhole && digits + padding === given) return Buffer.from(digits, "base64");
  throw requestInvalid(bodyArgument, "has to be a text in Base64: it is sent as bytes");
}

/** §4.8.15.2: what has parts of its own is JSON, unless the document says a style. */
function writeForm({ encodings }: RequestBody, given: GivenObject): string {
  const pairs = Object.entries(given).flatMap(([name, value]) => {
    const encoding = encodings.get(name);
    if (isWrittenAsJson(value, encoding)) return [{ name, text: encode(JSON.stringify(value)) }];
    const style = encoding?.style ?? "form";
    return toPairs(name, value, { style, explode: encoding?.explode ?? style === "form", encode });
  });
  return joinPairs(pairs);
}

function isWrittenAsJson(value: Given, encoding: MemberEncoding | undefined): boolean {
  if (encoding?.style !== undefined || encoding?.explode !== undefined) return false;
  if (encoding?.isJson) return true;
  return isList(value) ? value.some(hasParts) : isGivenObject(value);
}

function hasParts(value: Given): boolean {
  return isList(value) || isGivenObject(value);
}

/** RFC 7578, with names as browsers write them (HTML, "multipart/form-data encoding algorithm"). A list is a part for each item. */
function writeMultipart({ encodings, leftOut }: RequestBody, given: GivenObject): WrittenBody {
  const parts = Object.entries(given).flatMap(([name, value]) => {
    if (leftOut.has(name))
      throw requestInvalid(`${bodyArgument}.${name}`, "is a file, and files cannot be sent");
    const isJson = encodings.get(name)?.isJson === true;
    const values = isList(value) && !isJson ? value : [value];
    return values.map((one) => partOf(name, one, isJson || hasParts(one)));
  });
  // Of what it must not be found in, so that it is found nowhere else.
  const boundary = `castellan-${createHash("sha256").update(parts.join("\r\n")).digest("hex").slice(0, 40)}`;
  const content = [...parts.map((part) => `--${boundary}\r\n${part}\r\n`), `--${boundary}--\r\n`].join("");
  return { content, contentType: `multipart/form-data; boundary=${boundary}` };
}

function partOf(name: string, value: Given, isJson: boolean): string {
  const written = name.replaceAll("\r", "%0D").replaceAll("\n", "%0A").replaceAll('"', "%22");
  const type = isJson ? "application/json" : "text/plain; charset=utf-8";
  const text = isJson ? JSON.stringify(value) : textOf(value);
  return `Content-Disposition: form-data; name="${written}"\r\nContent-Type: ${type}\r\n\r\n${text}`;
}

function asObject(given: Given): GivenObject {
  if (isGivenObject(given)) return given;
  throw requestInvalid(bodyArgument, "has to be an object: it is sent as a form");
}
