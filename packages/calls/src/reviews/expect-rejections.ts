/** Rejections as a whole: what is rejected is what a configuration says, no more and no less. */
import { sql, type Transaction } from "@castellan/database";
import type { DefinitionKind } from "../catalog/definition.ts";
import { approvedFingerprint } from "./decision.ts";
import { toKey, withdrawApprovals, writeRejections, type DefinitionKey } from "./decisions.ts";
import type { ReviewPicture } from "./picture.ts";
import type { OnRenamed } from "./renames.ts";
import { acceptWaiting } from "./settle.ts";

/** What a person has rejected under a name. */
export interface Rejection extends DefinitionKey {
  readonly fingerprint: string;
}

export interface ExpectRejectionsOptions {
  readonly by: string;
  readonly autoAccept: readonly DefinitionKind[];
  readonly onRenamed?: OnRenamed | undefined;
}

/**
 * Makes these the rejections, listed or not; what is rejected is not approved any more, and what no longer is waits, or
 * is accepted by the setting. Part of a transaction that holds the server's row. False: it was so already.
 */
export async function writeExpectedRejections(
  tx: Transaction,
  { serverId, decisions }: ReviewPicture,
  rejections: readonly Rejection[],
  { by, autoAccept, onRenamed }: ExpectRejectionsOptions,
): Promise<boolean> {
  const wanted = new Map(rejections.map((rejection) => [toKey(rejection), rejection]));
  const dropped = [...decisions.values()].filter(
    (row) => row.rejected_fingerprint !== null && !wanted.has(toKey(row)),
  );
  const given = [...wanted].flatMap(([key, rejection]) =>
    decisions.get(key)?.rejected_fingerprint === rejection.fingerprint ? [] : rejection,
  );
  if (dropped.length + given.length === 0) return false;
  await dropRejections(tx, serverId, dropped);
  const approved = given.filter((rejection) => {
    const row = decisions.get(toKey(rejection));
    return row !== undefined && approvedFingerprint(rejection.kind, row) === rejection.fingerprint;
  });
  await withdrawApprovals(tx, serverId, approved);
  await writeRejections(tx, serverId, given, by);
  await acceptWaiting(tx, serverId, autoAccept, onRenamed);
  return true;
}

async function dropRejections(
  tx: Transaction,
  serverId: string,
  keys: readonly DefinitionKey[],
): Promise<void> {
  const [kinds, names] = [keys.map(({ kind }) => kind), keys.map(({ name }) => name)];
  await tx.query(sql`
    update definition_reviews
       set rejected_fingerprint = null, rejected_at = null, rejected_by = null
     where server_id = ${serverId}
       and (kind, name) in (select kind, name from unnest(${kinds}::text[], ${names}::text[]) as gone (kind, name))`);
}
