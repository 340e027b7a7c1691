/**
 * The right to refresh an account, of one replica at a time: a lease in its row, so that no lock and no connection is held
 * while the authorization server is asked. Whoever dies with it holds the others up until it lapses. Times are the
 * database's: replicas need not agree on theirs.
 */
import { sql } from "@castellan/database";
import type { Holding } from "./account-row.ts";
import type { Ground } from "./ground.ts";

export const leaseMs = 30_000;

/** `over`: it is another generation by now, or it failed just now, or needs a sign-in. `taken`: somebody is at it. */
export type Claim =
  | { readonly kind: "mine"; readonly by: string }
  | { readonly kind: "over" }
  | { readonly kind: "taken"; readonly leftMs: number };

export async function claim(
  { database, clock }: Pick<Ground, "database" | "clock">,
  { account, generation }: Pick<Holding, "account" | "generation">,
  by: string,
): Promise<Claim> {
  const isTheSame = sql`
    id = ${account.id} and generation = ${generation} and state = 'linked'
    and (retry_at is null or retry_at <= ${new Date(clock.now())})`;
  const taken = await database.query(sql`
    update linked_accounts set
      refreshing_by = ${by}, refreshing_until = clock_timestamp() + ${leaseMs}::int * interval '1 millisecond'
    where ${isTheSame} and (refreshing_until is null or refreshing_until <= clock_timestamp())
    returning 1`);
  if (taken.length > 0) return { kind: "mine", by };
  const [row] = await database.query<{ leftMs: number | null }>(sql`
    select ceil(extract(epoch from refreshing_until - clock_timestamp()) * 1000)::int as "leftMs"
    from linked_accounts where ${isTheSame}`);
  if (row === undefined) return { kind: "over" };
  return { kind: "taken", leftMs: Math.max(0, row.leftMs ?? 0) };
}
