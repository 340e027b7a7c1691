/** Approvals over real tables, with people who come and go, and a clock that is moved. For this package's tests. */
import { randomBytes } from "node:crypto";
import { changeMigrations, createChangeFeed, type ChangeFeed, type Database } from "@castellan/database";
import { createTestDatabase } from "@castellan/database/testing";
import { createId, createManualClock, type ManualClock } from "@castellan/kernel";
import { createVault, generateMasterKey } from "@castellan/vault";
import type { Asker, Need, Person } from "../approval.ts";
import type { ApprovalEvent, ApprovalOptions, Approvals, NewApproval } from "../approvals.ts";
import { createApprovals } from "../create-approvals.ts";
import { approvalMigrations } from "../migrations.ts";

export interface Office extends AsyncDisposable {
  readonly approvals: Approvals;
  readonly database: Database;
  readonly changes: ChangeFeed;
  readonly clock: ManualClock;
  /** What was told, as it was committed or not. */
  readonly told: ApprovalEvent[];
  readonly errors: unknown[];
  /** Somebody of the company who is there. */
  hire(person?: Partial<Person>): Person;
  /** What they are from now on; undefined: they are gone. */
  become(person: Person, change: Partial<Person> | undefined): void;
  /** Another replica on the same tables. */
  replica(options?: Partial<ApprovalOptions>): Promise<Approvals>;
}

export async function openOffice(options: Partial<ApprovalOptions> = {}): Promise<Office> {
  await using opened = new AsyncDisposableStack();
  const database = opened.use(await createTestDatabase([changeMigrations, approvalMigrations]));
  const replicas = opened.use(new AsyncDisposableStack());
  const vault = createVault({ current: generateMasterKey().key, older: [] }, randomBytes(32));
  const clock = createManualClock();
  const staff = new Map<string, Person>();
  const told: ApprovalEvent[] = [];
  const errors: unknown[] = [];
  const onError = (error: unknown) => errors.push(error);
  const openReplica = async (more: Partial<ApprovalOptions> = {}) => {
    const changes = replicas.use(await createChangeFeed({ database, onError }));
    const people: ApprovalOptions["people"] = {
      person: async (_, id) => staff.get(id),
      deciders: async (_, { groups = [], people: named = [] }, limit) =>
        [...staff.values()]
          .filter(({ directory }) => directory === "workforce")
          .filter(
            ({ email, groups: of }) => named.includes(email) || groups.some((group) => of.includes(group)),
          )
          .slice(0, limit),
    };
    const notify: ApprovalOptions["notify"] = async (_, event) => {
      told.push(event);
    };
    const base = { database, vault, clock, changes, people, notify, onError, sweepEveryMs: 3_600_000 };
    return { changes, approvals: replicas.use(createApprovals({ ...base, ...options, ...more })) };
  };
  const { approvals, changes } = await openReplica();
  const owned = opened.move();
  return {
    approvals,
    database,
    changes,
    clock,
    told,
    errors,
    hire: (person = {}) => {
      const id = createId("user");
      const whole = {
        id,
        name: "Ada",
        email: `${id}@example.com`,
        directory: "workforce",
        groups: [],
        role: "member",
      };
      const hired: Person = { ...whole, ...person };
      staff.set(hired.id, hired);
      return hired;
    },
    become: (person, change) => {
      if (change === undefined) staff.delete(person.id);
      else staff.set(person.id, { ...person, ...change });
    },
    replica: async (more) => (await openReplica(more)).approvals,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

export function askerOf({ id, name, email }: Person): Asker {
  return { id, kind: "user", name, email, grantId: undefined, client: "A client" };
}

type DecisionNeed = Extract<Need, { readonly kind: "decision" }>;

/** A yes of somebody in this group. */
export function decisionOf(group: string, more: Partial<DecisionNeed> = {}): DecisionNeed {
  return { kind: "decision", rule: `asks-${group}`, deciders: { groups: [group] }, holdsSeconds: 0, ...more };
}

let calls = 0;

/** A call that nobody has asked for, valid for an hour of the manual clock. */
export function newCall(asker: Asker, needs: readonly Need[], more: Partial<NewApproval> = {}): NewApproval {
  calls += 1;
  return {
    kind: "call",
    asker,
    subject: {
      portal: "tools",
      server: "crm",
      method: "tools/call",
      target: "crm_delete",
      name: "delete",
      class: "destructive",
      address: "192.0.2.7",
    },
    binding: `call ${calls}`,
    holdsFor: "tool",
    needs,
    arguments: '{"id":7}',
    expiresAt: new Date(createManualClock().now() + 3_600_000),
    ...more,
  };
}
