/** What an admin should look at: why a server needs somebody, and how it is shown. */
import type { CatalogServer } from "../catalog/catalog.ts";
import type { ServerStatus } from "./server.ts";

/** As a server is shown: a state that only an admin can mend, or definitions that wait, come before the rest. */
export const shownStatuses = ["ready", "needs_attention", "stale", "error", "waiting"] as const;
export type ShownStatus = (typeof shownStatuses)[number];

export interface Attention {
  /** `definitions_waiting`, or the code of the failure. */
  readonly code: string;
  readonly message: string;
}

type Judged = Pick<CatalogServer, "state" | "definitions">;

/** Failures that do not pass by themselves: an admin has something to give, or to set right. */
const forAdmins: ReadonlySet<string> = new Set([
  "upstream_unauthorized",
  "server_credentials_moved",
  "vault_open_failed",
  "vault_key_missing",
  "outbound_refused",
  "outbound_policy_invalid",
]);

/** Why the server needs an admin; empty when it does not. What somebody rejected waits for nobody. */
export function attentionOf({ state, definitions }: Judged): readonly Attention[] {
  const { error } = state;
  const waiting = definitions.filter(({ review }) => review === "new" || review === "changed").length;
  const few = waiting === 1 ? "1 definition waits" : `${waiting} definitions wait`;
  return [
    ...(error && forAdmins.has(error.code) ? [{ code: error.code, message: error.message }] : []),
    ...(waiting > 0 ? [{ code: "definitions_waiting", message: `${few} for approval` }] : []),
  ];
}

export function shownStatusOf(server: Judged): ShownStatus {
  return attentionOf(server).length > 0 ? "needs_attention" : (server.state.status satisfies ServerStatus);
}
