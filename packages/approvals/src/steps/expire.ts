import type { Transaction } from "@castellan/database";
import type { Approval } from "../approval.ts";
import type { Ground } from "../ground.ts";
import { openNeeds } from "../needs.ts";
import { writeExpired } from "../storage/approval-table.ts";
import { tellAsker } from "../telling.ts";

/** Writes down that a request has expired. Its asker hears of it, unless they had their yes and did not use it. */
export async function expire(tx: Transaction, ground: Ground, expired: Approval): Promise<void> {
  await writeExpired(tx, expired);
  if (openNeeds(expired).length > 0) await tellAsker(tx, ground, expired);
}
