/** What both legacy transports share: the `initialize` handshake (2025-11-25, lifecycle). */
import { mcpFaults } from "../faults.ts";
import { helloText } from "./hello-text.ts";
import { isObject, notificationText, type JsonObject, type ResponseMessage } from "../jsonrpc/message.ts";
import { isLegacyVersion, type LegacyVersion } from "../versions.ts";
import type { ServerHello } from "./channel.ts";
import { rpcErrorFault } from "./upstream-fault.ts";

/** The client on whose behalf a session is opened: its own words, passed on as they came. */
export interface LegacyClient {
  readonly version: LegacyVersion;
  /** Raw JSON of `capabilities`. */
  readonly capabilities: string;
  /** Raw JSON of `clientInfo`. */
  readonly clientInfo: string;
}

export const initializedNotification = notificationText("notifications/initialized");

/** Whether the server hears of it changes nothing for the caller, who has stopped waiting. */
export function cancelledNotification(requestId: number): string {
  return notificationText(
    "notifications/cancelled",
    JSON.stringify({ requestId, reason: "cancelled by the caller" }),
  );
}

export function initializeParams(client: LegacyClient): string {
  return `{"protocolVersion":${JSON.stringify(client.version)},"capabilities":${client.capabilities},"clientInfo":${client.clientInfo}}`;
}

export interface LegacyHello extends ServerHello {
  readonly version: LegacyVersion;
}

/** Reads the answer to `initialize`. Throws `upstream_invalid`. */
export function toLegacyHello(message: ResponseMessage): LegacyHello {
  if (message.kind === "error") throw rpcErrorFault("initialize failed", message.error);
  return parseLegacyHello(message.result, helloText(message));
}

/** Reads the result of `initialize`, which is also there as text. Throws `upstream_invalid`. */
export function parseLegacyHello(result: JsonObject, resultText: string): LegacyHello {
  const { protocolVersion, capabilities } = result;
  if (!isLegacyVersion(protocolVersion))
    throw mcpFaults.fault(
      "upstream_invalid",
      `The server chose protocol version ${JSON.stringify(protocolVersion)?.slice(0, 40)}, which is not one of the legacy era`,
    );
  return {
    version: protocolVersion,
    capabilities: isObject(capabilities) ? capabilities : {},
    resultText,
  };
}
