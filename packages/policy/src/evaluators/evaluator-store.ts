/** Evaluators in PostgreSQL. Every change wakes the replicas: topic `evaluators`, keys are slugs. */
import { isDeepStrictEqual } from "node:util";
import {
  isUniqueViolation,
  recordChange,
  sql,
  type Database,
  type Queryable,
  type Transaction,
} from "@castellan/database";
import { createId, invalidInput, kernelFaults, type Clock, type Id } from "@castellan/kernel";
import { policyFaults } from "../faults.ts";
import { assertNotNamed } from "../store/naming-rules.ts";
import type { Evaluator, EvaluatorChange, NewEvaluator } from "./evaluator.ts";

export const evaluatorsTopic = "evaluators";

/** How many there may be: each replica holds all of them. */
const maxEvaluators = 100;

/** Throws `evaluator_not_found`, and `version_stale` where `ifMatch` is given and another version is there. */
export interface EvaluatorStore {
  /** Throws `evaluator_taken`. */
  add(evaluator: NewEvaluator): Promise<Evaluator>;
  get(slug: string): Promise<Evaluator>;
  /** All of them by slug. */
  list(): Promise<Evaluator[]>;
  /** A change that changes nothing leaves the version. */
  change(slug: string, change: EvaluatorChange, ifMatch?: number): Promise<Evaluator>;
  /** Throws `rule_refers` where rules name it. */
  remove(slug: string, ifMatch?: number): Promise<void>;
}

export interface EvaluatorStoreOptions {
  readonly database: Database;
  readonly clock: Clock;
}

interface EvaluatorRow {
  id: Id<"evaluator">;
  slug: string;
  title: string;
  url: string;
  keys_url: string;
  allow_private: string[];
  timeout_ms: number;
  cache_seconds: number;
  version: number;
  created_at: Date;
  updated_at: Date;
}

const columns = sql`
  id, slug, title, url, keys_url, allow_private, timeout_ms, cache_seconds, version, created_at, updated_at`;

export function createEvaluatorStore({ database, clock }: EvaluatorStoreOptions): EvaluatorStore {
  const now = () => new Date(clock.now());

  return {
    get: (slug) => get(database, slug),

    async list() {
      const rows = await database.query<EvaluatorRow>(
        sql`select ${columns} from policy_evaluators order by slug limit ${maxEvaluators}`,
      );
      return rows.map(toEvaluator);
    },

    add: (evaluator) =>
      database
        .transaction(async (tx) => {
          await assertRoom(tx);
          await insert(tx, evaluator, now());
          await recordChange(tx, evaluatorsTopic, evaluator.slug);
          return get(tx, evaluator.slug);
        })
        .catch(toTaken),

    change: (slug, change, ifMatch) =>
      database.transaction(async (tx) => {
        const before = await lock(tx, slug, ifMatch);
        const given = Object.entries(change).filter(([, value]) => value !== undefined);
        const after = { ...before, ...(Object.fromEntries(given) as Partial<Evaluator>) };
        if (isDeepStrictEqual(before, after)) return before;
        await update(tx, after, now());
        await recordChange(tx, evaluatorsTopic, slug);
        return get(tx, slug);
      }),

    remove: (slug, ifMatch) =>
      database.transaction(async (tx) => {
        await lock(tx, slug, ifMatch);
        await assertNotNamed(tx, "evaluator", slug);
        await tx.query(sql`delete from policy_evaluators where slug = ${slug}`);
        await recordChange(tx, evaluatorsTopic, slug);
      }),
  };
}

async function get(from: Queryable, slug: string): Promise<Evaluator> {
  const [row] = await from.query<EvaluatorRow>(
    sql`select ${columns} from policy_evaluators where slug = ${slug}`,
  );
  if (!row) throw policyFaults.fault("evaluator_not_found", `There is no evaluator "${slug}"`);
  return toEvaluator(row);
}

async function lock(tx: Transaction, slug: string, ifMatch: number | undefined): Promise<Evaluator> {
  await tx.query(sql`select 1 from policy_evaluators where slug = ${slug} for update`);
  const evaluator = await get(tx, slug);
  if (ifMatch === undefined || ifMatch === evaluator.version) return evaluator;
  throw kernelFaults.fault(
    "version_stale",
    `The evaluator "${slug}" is at version ${evaluator.version}, not ${ifMatch}: it was changed meanwhile`,
    { field: "If-Match", data: { version: evaluator.version } },
  );
}

async function assertRoom(tx: Transaction): Promise<void> {
  const [row] = await tx.query<{ count: number }>(sql`select count(*) from policy_evaluators`);
  if ((row?.count ?? 0) >= maxEvaluators)
    throw invalidInput([
      { field: "slug", reason: `names one more than the ${maxEvaluators} evaluators that there may be` },
    ]);
}

async function insert(tx: Queryable, evaluator: NewEvaluator, now: Date): Promise<void> {
  await tx.query(sql`
    insert into policy_evaluators (
      id, slug, title, url, keys_url, allow_private, timeout_ms, cache_seconds, created_at, updated_at)
    values (
      ${createId("evaluator")}, ${evaluator.slug}, ${evaluator.title}, ${evaluator.url}, ${evaluator.keysUrl},
      ${evaluator.allowPrivate}, ${evaluator.timeoutMs}, ${evaluator.cacheSeconds}, ${now}, ${now})`);
}

async function update(tx: Queryable, evaluator: Evaluator, now: Date): Promise<void> {
  await tx.query(sql`
    update policy_evaluators
       set title = ${evaluator.title}, url = ${evaluator.url}, keys_url = ${evaluator.keysUrl},
           allow_private = ${evaluator.allowPrivate}, timeout_ms = ${evaluator.timeoutMs},
           cache_seconds = ${evaluator.cacheSeconds}, version = version + 1, updated_at = ${now}
     where slug = ${evaluator.slug}`);
}

function toEvaluator(row: EvaluatorRow): Evaluator {
  return {
    id: row.id,
    slug: row.slug,
    title: row.title,
    url: row.url,
    keysUrl: row.keys_url,
    allowPrivate: row.allow_private,
    timeoutMs: row.timeout_ms,
    cacheSeconds: row.cache_seconds,
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

function toTaken(error: unknown): never {
  if (isUniqueViolation(error))
    throw policyFaults.fault("evaluator_taken", "There is an evaluator with this slug already", {
      field: "slug",
    });
  throw error;
}
