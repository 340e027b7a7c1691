import type { Database } from "@castellan/database";
import type { CallRecord } from "./call-record.ts";
import type { Mac } from "./chain.ts";
import { GroupCommit } from "./group-commit.ts";
import { listCalls, type CallFilter, type CallPage } from "./list.ts";
import { removeCallsBefore, type Removal, type RemoveOptions } from "./retention.ts";
import { toLine } from "./row.ts";
import { verifyChains, type Verification, type VerifyOptions } from "./verify.ts";

/** The append-only record of calls. */
export interface AuditLog extends AsyncDisposable {
  /**
   * Resolves when the record is durably committed; only then may the call's answer leave. It takes
   * no signal, since a call is recorded also when its caller has gone; it ends by itself, since
   * an insert has `timeoutMs` and the queue is bounded.
   *
   * Faults: `audit_unavailable` (outcome unknown or not committed), `audit_overloaded`
   * (not committed), `shutting_down` after disposal began.
   *
   * `isPatient`: nobody waits for it yet, so it may wait `patienceMs` for others to be committed with, unless
   * `hasten` is called.
   */
  append(record: CallRecord, options?: { readonly isPatient?: boolean }): Promise<void>;

  /** Somebody waits for the patient ones now. */
  hasten(): void;

  /** A page of records, newest first. Fault: `invalid_input`, naming the field. */
  list(filter?: CallFilter): Promise<CallPage>;

  /**
   * Recomputes the chains from the stored rows; says where each is first broken, if any is. Of its own
   * chains it knows how far they were, so that putting the tables back to an earlier state shows as well.
   */
  verify(options?: VerifyOptions): Promise<Verification>;

  /**
   * Retention: removes the records of calls that started before `beforeMs`, oldest first, in small
   * transactions, and leaves a sealed anchor from which what remains still verifies.
   * Fault: `audit_chain_broken` when what would be removed does not verify.
   */
  removeBefore(options: RemoveOptions): Promise<Removal>;
}

export interface AuditLogOptions {
  readonly database: Database;
  /** Keyed MAC, at least 256 bits. The key must stay the same for as long as records are kept. */
  readonly mac: Mac;
  /** Records in one insert. Default 500. */
  readonly maxBatch?: number;
  /** Records that may wait for their insert; one more is refused with `audit_overloaded`. Default 10,000. */
  readonly maxWaiting?: number;
  /** How long a batch may take, its retries included, before its calls fail; longer than a database restart. Default 5,000. */
  readonly timeoutMs?: number;
  /** How long a patient record waits for others. Default 20. */
  readonly patienceMs?: number;
  /** Told of each failed attempt, and of a chain that had to be abandoned. */
  readonly onError?: (error: unknown) => void;
}

export function createAuditLog(options: AuditLogOptions): AuditLog {
  const { database, mac } = options;
  const commits = new GroupCommit({
    database,
    mac,
    maxBatch: options.maxBatch ?? 500,
    maxWaiting: options.maxWaiting ?? 10_000,
    timeoutMs: options.timeoutMs ?? 5_000,
    patienceMs: options.patienceMs ?? 20,
    onError: options.onError ?? (() => {}),
  });
  return {
    append: async (record, { isPatient } = {}) => commits.append(toLine(record), isPatient),
    hasten: () => commits.hasten(),
    list: (filter = {}) => listCalls(database, filter),
    verify: (options = {}) => verifyChains(database, mac, { ...options, committed: commits.committed }),
    removeBefore: (options) => removeCallsBefore(database, mac, options),
    [Symbol.asyncDispose]: () => commits[Symbol.asyncDispose](),
  };
}
