/** A server of 2026-07-28: no session, each request stands alone. */
import { mcpFaults } from "../faults.ts";
import { helloText } from "./hello-text.ts";
import { encodeHeaderValue } from "../era/header-value.ts";
import { isObject, requestText, type ResponseMessage } from "../jsonrpc/message.ts";
import { latestModernVersion, metaKeys } from "../versions.ts";
import type { Channel, ChannelRequest, ServerHello, UpstreamTarget } from "./channel.ts";
import { postRequest, type Posted } from "./post.ts";
import { answerOf } from "./refusal.ts";
import { rpcErrorFault } from "./upstream-fault.ts";

/** Who the house says it is when it asks on its own behalf. */
export interface ClientIdentity {
  readonly name: string;
  readonly version: string;
}

/** The `params` of a request of our own: `_meta` with version, capabilities and who asks. */
export function modernParams(identity: ClientIdentity, params: Record<string, unknown> = {}): string {
  return JSON.stringify({
    ...params,
    _meta: {
      [metaKeys.protocolVersion]: latestModernVersion,
      [metaKeys.clientCapabilities]: {},
      [metaKeys.clientInfo]: identity,
    },
  });
}

/** @param nextId where several channels to one server are to share no id; default: 1, 2, 3 … */
export function createModernChannel(
  target: UpstreamTarget,
  hello: ServerHello,
  nextId: () => number = countUp(),
): Channel {
  return {
    era: "modern",
    hello,
    isOpen: true,
    async request(request) {
      return answerOf(await postModern(target, request, nextId()));
    },
    // There is nothing to say outside of a request in this era.
    send: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** Ids for requests. */
export function countUp(): () => number {
  let last = 0;
  return () => ++last;
}

/** Posts one modern request with the headers that its body demands. */
export function postModern(target: UpstreamTarget, request: ChannelRequest, id: number): Promise<Posted> {
  return postRequest(target, {
    id,
    text: requestText(id, request.method, request.params),
    headers: {
      "mcp-protocol-version": latestModernVersion,
      "mcp-method": request.method,
      ...(request.name === undefined ? {} : { "mcp-name": encodeHeaderValue(request.name) }),
      ...request.paramHeaders,
    },
    signal: request.signal,
    about: { method: request.method, name: request.name },
    onMessage: request.onMessage,
    isStream: request.isStream,
  });
}

/** Reads the result of `server/discover`. Throws `upstream_invalid`. */
export function toModernHello(message: ResponseMessage): ServerHello {
  if (message.kind === "error") throw rpcErrorFault("server/discover failed", message.error);
  const { supportedVersions, capabilities } = message.result;
  if (!Array.isArray(supportedVersions) || !supportedVersions.includes(latestModernVersion))
    throw mcpFaults.fault("upstream_invalid", `server/discover does not offer ${latestModernVersion}`);
  return {
    version: latestModernVersion,
    capabilities: isObject(capabilities) ? capabilities : {},
    resultText: helloText(message),
  };
}
