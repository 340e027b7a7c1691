/** The ends of accounts: the row goes, and what it had is kept sealed until it is revoked where it came from. */
import { randomUUID } from "node:crypto";
import { recordChange, sql, type Queryable, type SqlStatement } from "@castellan/database";
import { ownerIdOf, type Account } from "../account.ts";
import { isOAuth } from "../auth/secret-use.ts";
import type { HeldGrant, OAuthTarget } from "../oauth/oauth.ts";
import type { Target } from "../target.ts";
import {
  accountColumns,
  heldGrant,
  keyOfRow,
  toHolding,
  type AccountRow,
  type Holding,
} from "./account-row.ts";
import { accountEndingsTopic, recordAccountChange, type Ground } from "./ground.ts";
import { sealEnding } from "./sealed-account.ts";

type EndingGround = Pick<Ground, "vault" | "clock" | "targets" | "onError">;

const maxAtOnce = 200;

/** Ends all accounts for which the condition holds, in this transaction. */
export async function endAccounts(
  tx: Queryable,
  ground: EndingGround,
  where: SqlStatement,
): Promise<Account[]> {
  const ended: Account[] = [];
  for (;;) {
    const rows = await tx.query<AccountRow>(sql`
      delete from linked_accounts where id in (
        select id from linked_accounts where ${where} order by id limit ${maxAtOnce} for update)
      returning ${accountColumns}`);
    for (const row of rows) {
      const holding = readable(row, ground);
      await keepForRevocation(tx, ground, holding);
      await recordAccountChange(tx, keyOfRow(row));
      ended.push(holding.account);
    }
    if (rows.length < maxAtOnce) return ended;
  }
}

/** An account that ends or begins anew: that its tokens cannot be opened any more must not keep it from that. */
export function readable(row: AccountRow, { vault, onError }: Pick<Ground, "vault" | "onError">): Holding {
  try {
    return toHolding(row, vault);
  } catch (error) {
    onError(error);
    return toHolding({ ...row, sealed_tokens: null }, vault);
  }
}

/** What the account has, or was about to get (`held`), is to be revoked; nothing where nothing could be. */
export async function keepForRevocation(
  tx: Queryable,
  ground: EndingGround,
  holding: Holding,
  held: HeldGrant | undefined = heldGrant(holding),
): Promise<void> {
  if (held === undefined) return;
  const { targetId, owner } = holding.account;
  const target = revocationTarget(holding, await ground.targets.find(targetId));
  const id = randomUUID();
  const sealed = sealEnding(ground.vault, id, { target, ownerId: ownerIdOf(owner), held });
  const now = new Date(ground.clock.now());
  await tx.query(sql`
    insert into account_endings (id, sealed_ending, ended_at, next_try_at) values (${id}, ${sealed}, ${now}, ${now})`);
  await recordChange(tx, accountEndingsTopic, id);
}

/** The target's secrets go along where they are for this authorization server and client, whatever else has changed. */
function revocationTarget({ account, clientId, origin }: Holding, target: Target | undefined): OAuthTarget {
  const { targetId, issuer } = account;
  if (target !== undefined && isOAuth(target.auth)) {
    const { id, slug, url, allowPrivate, auth, secrets } = target;
    const isOfClient = auth.issuer === issuer && auth.client?.id === clientId;
    if (isOfClient) return { id, slug, url, allowPrivate, auth, secrets };
  }
  return {
    id: targetId,
    slug: target?.slug ?? targetId,
    url: origin,
    allowPrivate: target?.allowPrivate ?? [],
    auth: { kind: "own_account", ...(issuer !== undefined && { issuer }) },
    secrets: {},
  };
}
