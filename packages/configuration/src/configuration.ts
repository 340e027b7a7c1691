/** Configuration as code: what a document would change, the change in one step, and a document of what is there. */
import { accessFaults } from "@castellan/access";
import { sql, withinTransaction, type Database, type Transaction } from "@castellan/database";
import { kernelFaults } from "@castellan/kernel";
import type { Vault } from "@castellan/vault";
import { takeSteps, type ServerToSync } from "./apply.ts";
import type { ConfigurationDocument, ConfigurationInput } from "./document/document.ts";
import { toDocument } from "./export.ts";
import { sweepManagement } from "./kinds/managed.ts";
import { plainKinds } from "./kinds/plain-kinds.ts";
import { planSteps, type PlanOptions, type PlanPorts } from "./plan/plan.ts";
import { toChange, type ResourceChange, type Steps } from "./plan/steps.ts";
import { readPresent, type ConfigurationStores, type Present } from "./present.ts";

export interface Plan {
  /** By kind, servers before portals last; each by slug, removals after the others. */
  readonly changes: readonly ResourceChange[];
  /** Of all that was looked at; see `apply`. */
  readonly basis: string;
}

export interface Applied {
  /** As planned. */
  readonly changes: readonly ResourceChange[];
  /** Servers that are new, or are reached in another way: their lists are to be read. */
  readonly toSync: readonly ServerToSync[];
}

export interface ApplyOptions extends PlanOptions {
  /** Of a plan that somebody has looked at: nothing is done unless it is still the same. */
  readonly basis?: string | undefined;
  /** Who applies. */
  readonly by: string;
  /** Whether they may do what is an owner's to do. */
  readonly isOwner: boolean;
}

/**
 * Plans throw `resource_not_managed`, `field_unchangeable`, `secret_missing`, `secret_invalid`, `resource_in_use`,
 * `server_unknown`, `portal_not_found`, `invalid_input`, `outbound_refused`, `outbound_policy_invalid`.
 */
export interface Configuration {
  plan(document: ConfigurationDocument, options: PlanOptions): Promise<Plan>;
  /**
   * All of it in one transaction, or nothing. Throws what a plan does, what the stores of the resources do,
   * `permission_required` for what is an owner's to change, and `version_stale` when something was changed since the plan of `basis`, or is while this runs.
   */
  apply(document: ConfigurationDocument, options: ApplyOptions): Promise<Applied>;
  /** Everything there is, as of one moment. */
  export(name: string): Promise<ConfigurationInput>;
}

export interface ConfigurationOptions extends PlanPorts {
  readonly database: Database;
  readonly vault: Vault;
  /** The stores of an installation on a database, which may be a transaction. */
  readonly storesOn: (database: Database) => ConfigurationStores;
}

export function createConfiguration(options: ConfigurationOptions): Configuration {
  const { database, vault, outbound, documents, storesOn } = options;

  function read(tx: Transaction, document: ConfigurationDocument | "export"): Promise<Present> {
    const isExport = document === "export";
    return readPresent({
      database: tx,
      vault,
      stores: storesOn(withinTransaction(tx, database)),
      secretsFor: isExport ? undefined : document,
      withTexts: isExport,
    });
  }

  async function steps(tx: Transaction, document: ConfigurationDocument, how: PlanOptions): Promise<Steps> {
    const present = await read(tx, document);
    return planSteps(document, present, { ...how, outbound, documents });
  }

  return {
    plan: (document, how) =>
      database.transaction(async (tx) => {
        await tx.query(oneMoment);
        return toPlan(await steps(tx, document, how));
      }),

    apply: (document, { basis, by, isOwner, ...how }) =>
      database.transaction(async (tx) => {
        await tx.query(oneAtATime);
        if (how.prune) await tx.query(holdServersOf(document.name));
        const taken = await steps(tx, document, how);
        if (basis !== undefined && basis !== taken.basis)
          throw kernelFaults.fault(
            "version_stale",
            "Something that this document describes was changed since it was planned: plan again",
            { field: "basis" },
          );
        if (!isOwner) assertNoOwners(taken);
        const stores = storesOn(withinTransaction(tx, database));
        const toSync = await takeSteps(taken, { stores, database: tx, file: document.name, by });
        for (const of of plainKinds) {
          const living = await of.list(stores);
          await sweepManagement(
            tx,
            of.kind,
            living.map(({ identity }) => identity),
          );
        }
        return { changes: toPlan(taken).changes, toSync };
      }),

    export: (name) =>
      database.transaction(async (tx) => {
        await tx.query(oneMoment);
        return toDocument(name, await read(tx, "export"));
      }),
  };
}

/** Its statements see one state of the database. */
const oneMoment = sql`set transaction isolation level repeatable read read only`;

/** Two files are applied one after the other: their steps would wait for each other's rows. The number is this lock's. */
const oneAtATime = sql`select pg_advisory_xact_lock(7202604, 1)`;

/** No portal takes one of them while it is judged whether it can go. */
function holdServersOf(file: string) {
  return sql`select 1 from servers where managed_by = ${file} order by slug for update`;
}

/** Throws `permission_required`. */
function assertNoOwners({ plain }: Steps): void {
  const step = plain.find(({ of }) => of.isOwners);
  if (!step) return;
  throw accessFaults.fault(
    "permission_required",
    `It takes an owner to change the ${step.kind.replace("_", " ")} "${step.slug}": it says who somebody is`,
  );
}

function toPlan({ plain, servers, portals, basis }: Steps): Plan {
  return { changes: [...plain, ...servers, ...portals].map(toChange), basis };
}
