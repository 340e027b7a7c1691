/** What a modern server says that it misses at the client (2026-07-28, basic, `-32021`), and what it makes of what is missing. */
import {
  capabilityMissing,
  clientFeatures,
  declares,
  isObject,
  rpcCodes,
  type ResponseMessage,
} from "@castellan/mcp";
import type { CatalogServer } from "../catalog/catalog.ts";
import { callFaults } from "../faults.ts";
import { allowedFeatures } from "../server-messages/judge.ts";

/**
 * A client that did declare what the server misses must not be told to declare it: the house kept it from the
 * server. Throws `client_feature_denied`. `declared`: raw JSON of the client's capabilities.
 */
export function assertMissedByClient(
  response: ResponseMessage,
  declared: string,
  { server }: CatalogServer,
): void {
  if (response.kind !== "error" || response.error.code !== rpcCodes.missingClientCapability) return;
  const { data } = response.error;
  const required = JSON.stringify((isObject(data) && data["requiredCapabilities"]) || {});
  const allowed = allowedFeatures(server);
  const kept = clientFeatures.find(
    (feature) => declares(required, feature) && declares(declared, feature) && !allowed.has(feature),
  );
  if (kept === undefined) return;
  const message = `Server "${server.slug}" needs ${kept} for this: its registration does not allow it`;
  throw callFaults.fault("client_feature_denied", message);
}

/** A caller that does not know tasks would take one for the result. Throws `client_capability_missing`. */
export function assertTaskDeclared(response: ResponseMessage, declaresTasks: boolean): void {
  if (response.kind === "result" && response.result["resultType"] === "task" && !declaresTasks)
    throw capabilityMissing("tasks");
}
