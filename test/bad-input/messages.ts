/** Bodies that are no message, or one that nobody can answer: the same in both eras. */
import type { Refusal } from "./scene.ts";
import { maxBodyBytes } from "./scene.ts";

export interface BadMessage {
  readonly body: string | Uint8Array | readonly (string | Uint8Array)[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly refusal: Refusal;
}

const malformed: Refusal = { status: 400, rpc: -32700, code: "json_malformed" };
const ambiguous: Refusal = { status: 400, rpc: -32600, code: "json_ambiguous" };
const tooDeep: Refusal = { status: 400, rpc: -32600, code: "json_too_deep" };
const batch: Refusal = { status: 400, rpc: -32600, code: "batch_unsupported" };
const tooLarge: Refusal = { status: 413, rpc: -32000, code: "body_too_large" };
const encoded: Refusal = { status: 415, rpc: -32000, code: "content_encoding_unsupported" };

function invalid(field?: string): Refusal {
  return { status: 400, rpc: -32600, code: "message_invalid", ...(field !== undefined && { field }) };
}

/** A call of the era's tool. `meta` is the `_meta` member that the era demands, or nothing. */
export function badMessages(tool: string, meta: string): Record<string, BadMessage> {
  const params = `{"name":"${tool}"${meta}}`;
  const good = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":${params}}`;
  const withId = (id: string) => good.replace('"id":1', () => `"id":${id}`);
  const withParams = (text: string) => good.replace(params, () => text);
  const withArguments = (text: string) => withParams(`{"name":"${tool}","arguments":${text}${meta}}`);
  const nested = (depth: number) => withArguments(`{"a":${"[".repeat(depth)}${"]".repeat(depth)}}`);

  return {
    "nothing at all": { body: "", refusal: malformed },
    "half a message": { body: good.slice(0, 40), refusal: malformed },
    "two messages": { body: good + good, refusal: malformed },
    "JSON with a comment": { body: good.replace("{", "{/* hi */"), refusal: malformed },
    "JSON with NaN": { body: withArguments('{"n":NaN}'), refusal: malformed },
    "a raw line break in a string": { body: withArguments('{"s":"\n"}'), refusal: malformed },
    HTML: { body: "<html></html>", refusal: malformed },
    "not UTF-8": { body: Buffer.from(good.replace(tool, "\xe9"), "latin1"), refusal: malformed },
    "an overlong form of UTF-8": {
      body: Buffer.concat([Buffer.from('{"jsonrpc":"'), Buffer.from([0xc0, 0xaf])]),
      refusal: malformed,
    },
    "a surrogate as UTF-8": { body: Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]), refusal: malformed },
    "UTF-16": { body: Buffer.from(good, "utf16le"), refusal: malformed },
    "a key twice": { body: good.replace('"id":1', '"id":1,"id":2'), refusal: ambiguous },
    "a key twice, once escaped": {
      body: good.replace('"id":1', String.raw`"id":1,"\u0069d":2`),
      refusal: ambiguous,
    },
    "the tool's name twice": {
      body: good.replace(params, params.replace("{", '{"name":"other",')),
      refusal: ambiguous,
    },
    "an argument twice": { body: withArguments('{"a":{"b":1,"c":2,"b":3}}'), refusal: ambiguous },
    "__proto__ as an argument": { body: withArguments('{"__proto__":{"x":1}}'), refusal: ambiguous },
    "__proto__, escaped": { body: withArguments(String.raw`{"\u005f_proto__":1}`), refusal: ambiguous },
    "__proto__ as a member": { body: good.replace("{", '{"__proto__":null,'), refusal: ambiguous },
    "nested too deep": { body: nested(126), refusal: tooDeep },
    "nested a hundred thousand deep": { body: nested(100_000), refusal: tooDeep },
    "an empty batch": { body: "[]", refusal: batch },
    "a batch": { body: `[${good}]`, refusal: batch },
    "a batch of notifications": {
      body: '[{"jsonrpc":"2.0","method":"notifications/initialized"}]',
      refusal: batch,
    },
    "a number": { body: "1", refusal: invalid() },
    null: { body: "null", refusal: invalid() },
    "a string": { body: `"${tool}"`, refusal: invalid() },
    "an empty object": { body: "{}", refusal: invalid("jsonrpc") },
    "JSON-RPC 1.0": { body: good.replace('"2.0"', '"1.0"'), refusal: invalid("jsonrpc") },
    "JSON-RPC 2.0 as a number": { body: good.replace('"2.0"', "2.0"), refusal: invalid("jsonrpc") },
    "no method": { body: '{"jsonrpc":"2.0","id":1}', refusal: invalid() },
    "an empty method": { body: good.replace('"tools/call"', '""'), refusal: invalid("method") },
    "a method that is no string": { body: good.replace('"tools/call"', "{}"), refusal: invalid("method") },
    "a method of 10,000 characters": {
      body: good.replace("tools/call", "m".repeat(10_000)),
      refusal: invalid("method"),
    },
    "an id that is null": { body: withId("null"), refusal: invalid("id") },
    "an id that is a fraction": { body: withId("1.5"), refusal: invalid("id") },
    "an id beyond what a double holds": { body: withId("9007199254740993"), refusal: invalid("id") },
    "an infinite id": { body: withId("1E400"), refusal: invalid("id") },
    "an id that is true": { body: withId("true"), refusal: invalid("id") },
    "an id that is an object": { body: withId('{"$ne":null}'), refusal: invalid("id") },
    "an id that is a list": { body: withId("[1]"), refusal: invalid("id") },
    "an id of 100,000 characters": { body: withId(`"${"i".repeat(100_000)}"`), refusal: invalid("id") },
    "params that are a list": { body: withParams(`["${tool}"]`), refusal: invalid("params") },
    "params that are a string": { body: withParams(`"${tool}"`), refusal: invalid("params") },
    "params that are null": { body: withParams("null"), refusal: invalid("params") },
    "a result and an error": {
      body: '{"jsonrpc":"2.0","id":1,"result":{},"error":{"code":1,"message":"x"}}',
      refusal: invalid(),
    },
    "an error that is none": {
      body: '{"jsonrpc":"2.0","id":1,"error":{"code":"x"}}',
      refusal: invalid("error"),
    },
    "a body over the limit": {
      body: withArguments(`{"a":"${"a".repeat(maxBodyBytes)}"}`),
      refusal: tooLarge,
    },
    "a body over the limit, in chunks of unknown number": {
      body: Array.from({ length: 5 }, () => "a".repeat(maxBodyBytes / 4)),
      refusal: tooLarge,
    },
    "a compressed body": { body: good, headers: { "content-encoding": "gzip" }, refusal: encoded },
    "a body in an encoding that nobody knows": {
      body: good,
      headers: { "content-encoding": "identity, br" },
      refusal: encoded,
    },
    text: {
      body: good,
      headers: { "content-type": "text/plain" },
      refusal: { status: 415, rpc: -32000, code: "media_type_unsupported", field: "Content-Type" },
    },
    "a form": {
      body: good,
      headers: { "content-type": "application/x-www-form-urlencoded" },
      refusal: { status: 415, rpc: -32000, code: "media_type_unsupported", field: "Content-Type" },
    },
    "a type that only begins like JSON": {
      body: good,
      headers: { "content-type": "application/json-patch+json" },
      refusal: { status: 415, rpc: -32000, code: "media_type_unsupported", field: "Content-Type" },
    },
    "an answer that could only be HTML": {
      body: good,
      headers: { accept: "text/html" },
      refusal: { status: 406, rpc: -32000, code: "not_acceptable", field: "Accept" },
    },
  };
}
