/** The message of a call that code makes: of the modern era, by a client that can be asked nothing. */
import {
  encodeHeaderValue,
  findMethod,
  latestModernVersion,
  mcpFaults,
  metaKeys,
  parseMessage,
  type ProtocolHeaders,
  type RequestMessage,
} from "@castellan/mcp";
import type { Parsed } from "../call.ts";
import type { ToldIdentity } from "../client-identity.ts";
import type { ChildRequest } from "./child-calls.ts";

export interface ChildMessage {
  /** Throws what a body that is none is refused with, and `params_invalid`. */
  read(): Parsed;
  /** What a client would send with it. */
  readonly protocolHeaders: ProtocolHeaders;
}

/** Raw JSON of `_meta`, without the braces around it. */
export function metaOf({ name = unknown, version = unknown }: ToldIdentity): string {
  const meta = {
    [metaKeys.protocolVersion]: latestModernVersion,
    [metaKeys.clientInfo]: { name: name.slice(0, maxTold), version: version.slice(0, maxTold) },
    [metaKeys.clientCapabilities]: {},
  };
  return `"_meta":${JSON.stringify(meta)}`;
}

/** As of a client that says nothing of itself where a legacy server wants to know. */
const unknown = "unknown";
const maxTold = 128;

export function childMessage(
  { id, method, params }: Pick<ChildRequest, "id" | "method" | "params">,
  meta: string,
): ChildMessage {
  const head = `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"method":${JSON.stringify(method)},"params":`;
  // Where it does not begin as an object, it is none with the braces either.
  const text = `${head}${params.replace(/^[\t\n\r ]*\{/, `{${meta},`)}}`;
  const outcome = attempt(() => asMade(parseMessage(text), text, head.length));
  const name = outcome.value?.params?.[findMethod(method, "modern")?.nameParam ?? ""];
  return {
    read() {
      if (!outcome.value) throw outcome.error;
      return { message: outcome.value, bytesIn: Buffer.byteLength(text) };
    },
    protocolHeaders: {
      protocolVersion: latestModernVersion,
      sessionId: undefined,
      method,
      name: typeof name === "string" ? encodeHeaderValue(name) : undefined,
    },
  };
}

const members: Readonly<Record<ChildRequest["method"], ReadonlySet<string>>> = {
  "tools/call": new Set(["_meta", "name", "arguments"]),
  "prompts/get": new Set(["_meta", "name", "arguments"]),
  "resources/read": new Set(["_meta", "uri"]),
};

/** What was put between must be the whole of `params`, and hold nothing that only a client may say. */
function asMade(message: ReturnType<typeof parseMessage>, text: string, paramsStart: number): RequestMessage {
  const span = message.spans.get("params");
  const isWhole =
    message.kind === "request" &&
    message.spans.size === 4 &&
    span?.start === paramsStart &&
    span.end === text.length - 1;
  if (!isWhole) throw invalid("params must be one object", "params");
  const allowed = members[message.method as ChildRequest["method"]];
  const other = Object.keys(message.params ?? {}).find((name) => !allowed.has(name));
  if (other !== undefined)
    throw invalid(`params.${other.slice(0, 64)} is not for code to say`, `params.${other.slice(0, 64)}`);
  return message;
}

function invalid(problem: string, field: string) {
  return mcpFaults.fault("params_invalid", problem, { field });
}

function attempt<Value>(make: () => Value): { readonly value?: Value; readonly error?: unknown } {
  try {
    return { value: make() };
  } catch (error) {
    return { error };
  }
}
