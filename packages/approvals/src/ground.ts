/** What each step stands on. */
import type { Transaction } from "@castellan/database";
import type { Person } from "./approval.ts";
import type { ApprovalOptions } from "./approvals.ts";

export type Ground = Pick<ApprovalOptions, "database" | "vault" | "clock" | "people" | "notify"> & {
  readonly maxPending: number;
};

/** People as they are in this transaction, each looked up once. */
export function personIn(tx: Transaction, { people }: Ground): (id: string) => Promise<Person | undefined> {
  const known = new Map<string, Promise<Person | undefined>>();
  return (id) => {
    const found = known.get(id) ?? people.person(tx, id);
    known.set(id, found);
    return found;
  };
}
