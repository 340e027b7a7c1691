/** How what requests to servers are authorized with stands, and the documents of those that are APIs: by server id. */
import type { Account, RefusedSecret } from "@castellan/credentials";
import type { KeptDocument } from "@castellan/openapi";
import type { ApiPorts } from "../ports.ts";

export interface Standings {
  /** What admins signed in with. */
  readonly sharedAccounts: ReadonlyMap<string, Account>;
  /** What admins gave, and was not taken. */
  readonly refusedSecrets: ReadonlyMap<string, RefusedSecret>;
  /** Of those that are APIs. */
  readonly documents: ReadonlyMap<string, KeptDocument>;
}

type StandingPorts = Pick<ApiPorts, "accounts" | "refusedSecrets" | "documents">;

/** Those of all servers. */
export async function readStandings(ports: StandingPorts): Promise<Standings> {
  const { accounts, refusedSecrets, documents } = ports;
  const [shared, refused, kept] = await Promise.all([
    accounts.shared(),
    refusedSecrets.all(),
    documents.findAll(),
  ]);
  return standingsOf(shared, refused, kept);
}

/** Those of one server. */
export async function readStandingOf(id: string, ports: StandingPorts): Promise<Standings> {
  const { accounts, refusedSecrets, documents } = ports;
  const [shared, refused, document] = await Promise.all([
    accounts.find(id, { kind: "shared" }),
    refusedSecrets.find(id),
    documents.find(id),
  ]);
  return standingsOf(
    shared ? [shared] : [],
    refused ? [refused] : [],
    new Map(document ? [[id, document]] : []),
  );
}

function standingsOf(
  shared: readonly Account[],
  refused: readonly RefusedSecret[],
  documents: Standings["documents"],
): Standings {
  return {
    documents,
    sharedAccounts: new Map(shared.map((account) => [account.targetId, account])),
    refusedSecrets: new Map(refused.map((secret) => [secret.targetId, secret])),
  };
}
