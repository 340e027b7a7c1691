/**
 * May this server ask the caller for this? Only what its registration allows: a form to fill in, a page
 * to open, an answer of the caller's model, a list of folders. Everything else is denied, and so is what
 * the caller did not declare: a client may not notice that it never said so.
 */
import {
  capabilityMissing,
  declares,
  elicitationUrlOf,
  featureOf,
  isOpenableUrl,
  type ClientFeature,
  type JsonObject,
} from "@castellan/mcp";
import type { Fault } from "@castellan/kernel";
import type { CatalogServer } from "../catalog/catalog.ts";
import { callFaults } from "../faults.ts";
import type { AskedClient } from "./exchange.ts";

/** What a server wants to know, in the words of either era. */
export interface Question {
  readonly method: string;
  readonly params: JsonObject | undefined;
}

/**
 * Why the question must not reach the caller; undefined when it may. `client_feature_denied` (the server may
 * not), `client_capability_missing` (the client cannot), `client_unanswered` (not in this exchange).
 */
export function objectionTo(
  { method, params }: Question,
  { server }: CatalogServer,
  { capabilities, isReachable }: AskedClient,
): Fault | undefined {
  const feature = featureOf(method, params);
  if (feature === undefined)
    return denied(
      `Server "${server.slug}" asked the client for ${quote(method)}, which no client is asked for`,
    );
  if (!allowedFeatures(server).has(feature))
    return denied(`Server "${server.slug}" may not use ${feature}: its registration does not allow it`);
  const url = feature === "elicitation_url" ? elicitationUrlOf(params) : undefined;
  if (feature === "elicitation_url" && (url === undefined || !isOpenableUrl(url)))
    return denied(`Server "${server.slug}" wants a page opened that is not an http or https URL`);
  if (!declares(capabilities, feature)) return capabilityMissing(feature);
  return isReachable
    ? undefined
    : callFaults.fault("client_unanswered", "The client cannot be asked in the course of this call");
}

export function allowedFeatures(server: CatalogServer["server"]): ReadonlySet<ClientFeature> {
  return new Set(server.clientFeatures);
}

function denied(message: string): Fault {
  return callFaults.fault("client_feature_denied", message);
}

function quote(method: string): string {
  return JSON.stringify(method.slice(0, 80));
}
