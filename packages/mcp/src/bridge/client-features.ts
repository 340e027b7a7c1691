/**
 * What a server may want of a client: the questions that it asks in the legacy era by requests of
 * its own, in 2026-07-28 by `inputRequests`. A server has to be allowed each feature by itself.
 */
import { isObjectText } from "../json/members.ts";
import { objectMembers } from "../json/scan.ts";
import { memberOf, type JsonObject } from "../jsonrpc/message.ts";

export const clientFeatures = ["elicitation_form", "elicitation_url", "sampling", "roots"] as const;

export type ClientFeature = (typeof clientFeatures)[number];

/** The feature that a server's question makes use of; undefined for what is no question that a client is asked. */
export function featureOf(method: string, params: JsonObject | undefined): ClientFeature | undefined {
  switch (method) {
    case "elicitation/create":
      return elicitationOf(params?.["mode"]);
    case "sampling/createMessage":
      return "sampling";
    case "roots/list":
      return "roots";
    default:
      return undefined;
  }
}

/** Without a mode it is a form (2025-11-25, elicitation). One that does not exist a client may take for any. */
function elicitationOf(mode: unknown): ClientFeature | undefined {
  if (mode === undefined || mode === "form") return "elicitation_form";
  return mode === "url" ? "elicitation_url" : undefined;
}

/** Where a feature stands in the client's capabilities. */
const places: Readonly<Record<ClientFeature, { readonly member: string; readonly mode?: string }>> = {
  elicitation_form: { member: "elicitation", mode: "form" },
  elicitation_url: { member: "elicitation", mode: "url" },
  sampling: { member: "sampling" },
  roots: { member: "roots" },
};

/**
 * Whether capabilities (raw JSON) declare a feature: by an object, as any capability is.
 * `elicitation: {}` declares forms only (2025-11-25, elicitation, "Capabilities").
 */
export function declares(capabilitiesText: string, feature: ClientFeature): boolean {
  const { member, mode } = places[feature];
  const capability = isObjectText(capabilitiesText) ? memberOf(capabilitiesText, member) : undefined;
  if (!isObjectText(capability)) return false;
  if (mode === undefined) return true;
  if (objectMembers(capability).size === 0) return mode === "form";
  return isObjectText(memberOf(capability, mode));
}
