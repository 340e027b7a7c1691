/** What an admin should look at: why a server needs somebody, and how it is shown. */
import type { Account, RefusedSecret } from "@castellan/credentials";
import type { CatalogServer } from "../catalog/catalog.ts";
import { listMethodOf } from "../catalog/definition.ts";
import type { FailedList, ServerStatus } from "./server.ts";

/** As a server is shown: a state that only an admin can mend, or definitions that wait, come before the rest. */
export const shownStatuses = ["ready", "needs_attention", "stale", "error", "waiting"] as const;
export type ShownStatus = (typeof shownStatuses)[number];

export interface Attention {
  /** `definitions_waiting`, `list_failing`, `shared_account_failing`, `credentials_refused`, `document_moved`, or the code of the failure. */
  readonly code: string;
  readonly message: string;
}

type Judged = Pick<CatalogServer, "state" | "definitions"> & {
  /** What an admin signed in with, if anybody did. */
  readonly sharedAccount?: Account | undefined;
  /** What an admin gave, if it was not taken. */
  readonly refusedSecret?: RefusedSecret | undefined;
  /** What is to be told of the document of an API. */
  readonly ofDocument?: readonly Attention[] | undefined;
};

/** Failures that do not pass by themselves: an admin has something to give, or to set right. */
const forAdmins: ReadonlySet<string> = new Set([
  "upstream_unauthorized",
  "credentials_missing",
  "upstream_auth_unsupported",
  "upstream_auth_invalid",
  "upstream_client_refused",
  "server_credentials_moved",
  "vault_open_failed",
  "vault_key_missing",
  "outbound_refused",
  "outbound_policy_invalid",
]);

/** From here on a failure is not taken for one that passes: with back-off this is about a quarter of an hour, or more. */
const manyFailures = 10;

/** Why the server needs an admin; empty when it does not. What somebody rejected waits for nobody. */
export function attentionOf({
  state,
  definitions,
  sharedAccount,
  refusedSecret,
  ofDocument = [],
}: Judged): readonly Attention[] {
  const { error } = state;
  const waiting = definitions.filter(({ review }) => review === "new" || review === "changed").length;
  const few = waiting === 1 ? "1 definition waits" : `${waiting} definitions wait`;
  const failed = error && forAdmins.has(error.code) ? [{ code: error.code, message: error.message }] : [];
  const ofAccount = sharedAccount ? attentionOfShared(sharedAccount) : [];
  return [
    // What the last sync told of the account is told once: the account itself knows why.
    ...failed.filter(({ code }) => ofAccount.every((one) => one.code !== code)),
    ...ofAccount,
    ...(refusedSecret && failed.every(({ code }) => !saysRefused.has(code))
      ? attentionOfRefused(refusedSecret, state)
      : []),
    ...(state.failedLists ?? []).map((list) => attentionOfList(list, definitions)),
    ...ofDocument,
    ...(waiting > 0 ? [{ code: "definitions_waiting", message: `${few} for approval` }] : []),
  ];
}

const saysRefused: ReadonlySet<string> = new Set([
  "upstream_unauthorized",
  "credentials_missing",
  "upstream_client_refused",
]);

/** What the server was read with since then is good. */
function attentionOfRefused({ by, at }: RefusedSecret, { syncedAt }: Judged["state"]): readonly Attention[] {
  if (syncedAt !== undefined && syncedAt >= at) return [];
  const who = by === "target" ? "The server" : "Its authorization server";
  const message = `${who} does not take what it is called with: look whether the secret of its auth still holds`;
  return [{ code: "credentials_refused", message }];
}

/** Others of its lists were read: what is on them is offered. */
function attentionOfList(
  { kind, code, message, details }: FailedList,
  definitions: Judged["definitions"],
): Attention {
  const codes = [code, details?.status, details?.rpcCode].filter((one) => one !== undefined);
  const kept = definitions.filter((one) => one.kind === kind).length;
  const rest = kept === 0 ? "nothing of it is known" : `what it listed before stays (${kept})`;
  return {
    code: forAdmins.has(code) ? code : "list_failing",
    message: `${listMethodOf(kind)} fails, ${rest}, its other lists are in use: ${message} (${codes.join(", ")})`,
  };
}

function attentionOfShared({
  state,
  reason,
  failure,
  linkedBy,
  wantedScopes,
}: Account): readonly Attention[] {
  if (failure?.code === "upstream_client_refused") return [{ code: failure.code, message: failure.message }];
  if (state === "needs_sign_in") {
    const why = reason === undefined ? "" : ` (${reason})`;
    return [
      {
        code: "credentials_missing",
        message: `What ${linkedBy} signed in with does not hold any more${why}: sign in again`,
      },
    ];
  }
  if (wantedScopes.length > 0)
    return [
      {
        code: "credentials_missing",
        message: `What ${linkedBy} signed in with does not allow all that is wanted: sign in again with the scopes ${wantedScopes.join(" ")}`,
      },
    ];
  if (!failure || failure.times < manyFailures) return [];
  return [
    {
      code: "shared_account_failing",
      message: `The shared sign-in could not be renewed ${failure.times} times in a row: ${failure.message}`,
    },
  ];
}

export function shownStatusOf(server: Judged): ShownStatus {
  return attentionOf(server).length > 0 ? "needs_attention" : (server.state.status satisfies ServerStatus);
}
