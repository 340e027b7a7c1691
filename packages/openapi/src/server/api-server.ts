/**
 * An API as an MCP server in this process (2026-07-28): its operations are tools, and a call of one is a request to the
 * address that was registered, and to no other.
 */
import { isFault, type Fault } from "@castellan/kernel";
import {
  errorText,
  isObject,
  latestModernVersion,
  memberOf,
  metaKeys,
  memberText,
  parseMessage,
  resultText,
  toWireError,
  mcpFaults,
  type ClientIdentity,
  type LocalReply,
  type LocalRequest,
  type LocalServer,
  type RequestId,
  type RequestMessage,
} from "@castellan/mcp";
import type { ApiDocument } from "../document/api-document.ts";
import type { ApiTool, Operation } from "../operations/operation.ts";
import { buildRequest } from "../requests/build-request.ts";
import { toResultText } from "./answer.ts";
import { exchange, type ApiReply } from "./exchange.ts";
import { secretsOf } from "./secrets.ts";
import { withoutSecrets } from "./without-secrets.ts";

export interface ApiServerOptions {
  /** The document of the moment: asked with each request. What it throws, the caller gets. */
  readonly document: () => ApiDocument | Promise<ApiDocument>;
  /** Throws where the operation is not the one that the call is meant for any more. */
  readonly assertCurrent?: ((tool: ApiTool) => void) | undefined;
  /** Who the house says it is to the API, unless an admin says otherwise. */
  readonly identity: ClientIdentity;
  /** Default 4 MiB. */
  readonly maxBodyBytes?: number | undefined;
  /** The longest answer of the API that is handed on; default 4 MiB. */
  readonly maxResultBytes?: number | undefined;
}

const pageSize = 500;
const maxErrorBytes = 16 * 1024;
const megabyte = 1024 * 1024;

/**
 * Answers `server/discover`, `tools/list` and `tools/call`. A status of 401, and 403 with a challenge, is handed on as it is; 403
 * without one is the API's word on the request, and an answer. Throws what `exchange` throws, and what `document` does.
 */
export function createApiServer(options: ApiServerOptions): LocalServer {
  return async (request) => {
    const message = parseMessage(request.text);
    if (message.kind !== "request") return { status: 202, headers: {}, body: "" };
    const document = await options.document();
    try {
      return await answer(document, message, request, options);
    } catch (error) {
      if (!isFault(error) || !told.has(error.code)) throw error;
      return refused(message.id, error);
    }
  };
}

/** Faults that are an answer of this server's own. */
const told = new Set(["method_unknown", "params_invalid"]);

function answer(
  document: ApiDocument,
  message: RequestMessage,
  request: LocalRequest,
  options: ApiServerOptions,
): LocalReply | Promise<LocalReply> {
  switch (message.method) {
    case "server/discover":
      return replyWith(message.id, JSON.stringify(discovered(document)));
    case "tools/list":
      return replyWith(message.id, listed(document, message.params?.["cursor"]));
    case "tools/call":
      return call(document, message, request, options);
    default:
      throw mcpFaults.fault("method_unknown", `This server has no method ${message.method.slice(0, 80)}`);
  }
}

/** The document changes with what is registered: who keeps it, keeps it for the caller that asked. */
const caching = { ttlMs: 0, cacheScope: "private" } as const;

function discovered(document: ApiDocument) {
  return {
    resultType: "complete",
    supportedVersions: [latestModernVersion],
    capabilities: { tools: {} },
    ...(document.description !== undefined && { instructions: document.description }),
    ...caching,
    _meta: metaOf(document),
  };
}

function metaOf({ title, version }: ApiDocument) {
  return { [metaKeys.serverInfo]: { name: title === "" ? "api" : title, version } };
}

function listed(document: ApiDocument, cursor: unknown): string {
  const { operations } = document;
  const start =
    cursor === undefined
      ? 0
      : typeof cursor === "string" && /^[1-9]\d{0,8}$/.test(cursor)
        ? Number(cursor)
        : -1;
  if (start < 0 || (start > 0 && start >= operations.length))
    throw mcpFaults.fault("params_invalid", "The cursor is none of this list's", { field: "cursor" });
  const end = start + pageSize;
  const tools = operations.slice(start, end).map(({ tool }) => tool.text);
  const next = end < operations.length ? `,"nextCursor":"${end}"` : "";
  const rest = JSON.stringify({ ...caching, _meta: metaOf(document) }).slice(1);
  return `{"resultType":"complete","tools":[${tools.join(",")}]${next},${rest}`;
}

async function call(
  document: ApiDocument,
  message: RequestMessage,
  request: LocalRequest,
  options: ApiServerOptions,
): Promise<LocalReply> {
  const { maxBodyBytes = 4 * megabyte, maxResultBytes = 4 * megabyte, identity } = options;
  const operation = operationOf(document, message);
  options.assertCurrent?.(operation.tool);
  const meta = metaOf(document);
  const { url, dispatcher, idleTimeoutMs, signal } = request;
  const maxBytes = Math.min(maxResultBytes, request.maxMessageBytes);
  let built;
  try {
    const userAgent = `${identity.name}/${identity.version}`;
    const { apiKeys, operations } = document;
    built = buildRequest(operation, argumentsOf(message), {
      operations,
      url,
      headers: request.headers,
      apiKeys,
      userAgent,
      maxBodyBytes,
    });
  } catch (error) {
    if (!isFault(error, "api_request_invalid")) throw error;
    return replyWith(message.id, refusedText(error, meta));
  }
  const answered = await exchange(built, {
    origin: url.origin,
    dispatcher,
    idleTimeoutMs,
    maxBytes,
    maxErrorBytes,
    signal,
  });
  const reply = withoutSecrets(answered, secretsOf(request, document));
  if (wantsCredentials(reply)) return challenged(reply);
  const address = url.origin + (built.path.split("?", 1)[0] ?? "");
  return replyWith(message.id, toResultText(operation, reply, { address, meta }));
}

function operationOf({ operations }: ApiDocument, { params }: RequestMessage): Operation {
  const name = params?.["name"];
  const operation = operations.find(({ tool }) => tool.name === name);
  if (operation) return operation;
  throw mcpFaults.fault("params_invalid", "The API has no operation of this name", { field: "name" });
}

function argumentsOf(message: RequestMessage): string {
  const given = message.params?.["arguments"];
  if (given !== undefined && !isObject(given))
    throw mcpFaults.fault("params_invalid", "arguments has to be an object", { field: "arguments" });
  return memberOf(memberText(message, "params") ?? "{}", "arguments") ?? "{}";
}

/** What a model can mend is told as the result of its call (2025-11-25, tools, "Error handling"). */
function refusedText({ message }: Fault, meta: object): string {
  const content = [{ type: "text", text: message }];
  return JSON.stringify({ resultType: "complete", content, isError: true, _meta: meta });
}

function wantsCredentials({ status, headers }: ApiReply): boolean {
  return status === 401 || (status === 403 && headers["www-authenticate"] !== undefined);
}

function challenged({ status, headers }: ApiReply): LocalReply {
  const challenge = headers["www-authenticate"];
  return { status, headers: challenge === undefined ? {} : { "www-authenticate": challenge }, body: "" };
}

function replyWith(id: RequestId, result: string): LocalReply {
  return { status: 200, headers: json, body: resultText(id, result) };
}

const json = { "content-type": "application/json" };

function refused(id: RequestId, fault: Fault): LocalReply {
  const { error, status } = toWireError(fault, "modern", "");
  return { status, headers: json, body: errorText(id, error) };
}
