/** Rules in PostgreSQL. Every change wakes the replicas: topic `policies`, keys are names. */
import { isDeepStrictEqual } from "node:util";
import { recordChange, sql, type Database, type Queryable } from "@castellan/database";
import { kernelFaults, type Clock } from "@castellan/kernel";
import type { Rule } from "../rules/rule.ts";
import { assertSound } from "../soundness/sound.ts";
import type { World } from "../soundness/world.ts";
import { getRule, listRules, lockRule } from "./read-rules.ts";
import { renameGroup, renameTools, type GroupName, type ToolRename } from "./rename.ts";
import { saidOf, withChange, type NewRule, type RuleChange, type Said } from "./rule-change.ts";
import { ruleColumns, toRule, type RuleRow } from "./rule-row.ts";
import { insertRule, policiesTopic, updateRule } from "./write-rule.ts";

/** How many there may be: each replica holds all of them. */
const maxRules = 5000;

/** A rule as it was saved, and what an admin should know of it: sentences, none of which kept it from being saved. */
export interface SavedRule {
  readonly rule: Rule;
  readonly warnings: readonly string[];
}

export interface RuleFilter {
  /** Text in the name or description, in any case. */
  readonly q?: string | undefined;
  /** Slug: those that are attached to this portal by name. */
  readonly portal?: string | undefined;
  /** Slug: those that are attached to this server by name. */
  readonly server?: string | undefined;
  /** `next` of the page before. */
  readonly after?: string | undefined;
  /** How many at most. */
  readonly limit: number;
}

/**
 * All that name a rule throw `rule_not_found`, those with `ifMatch` also `version_stale`. What saves one throws
 * `rule_without_effect`, naming the field.
 */
export interface PolicyStore {
  /** Throws `rule_name_taken`. */
  add(rule: NewRule): Promise<SavedRule>;
  get(name: string): Promise<Rule>;
  /** All of them by name. */
  list(): Promise<Rule[]>;
  /** In the order of names; `next` is the `after` of the next page. */
  page(filter: RuleFilter): Promise<{ items: Rule[]; next?: string }>;
  /** A change that changes nothing leaves the version. */
  change(name: string, change: RuleChange, ifMatch?: number): Promise<SavedRule>;
  /** Makes it exactly this. */
  replace(name: string, whole: Said, ifMatch?: number): Promise<SavedRule>;
  remove(name: string, ifMatch?: number): Promise<void>;
  /** What would be warned of, if this were saved now; nothing is. Throws `rule_without_effect`. */
  check(rule: Said): Promise<readonly string[]>;
  /**
   * Carries another name of a group (undefined: it goes) over to the rules, in the transaction that gives it that.
   * Throws `rule_refers` where it goes, or where the rule would come to mean another directory's group.
   */
  renameGroup(tx: Queryable, group: GroupName, name: string | undefined): Promise<void>;
  /** Carries new names of a server's tools over, in the transaction that approves them. */
  renameTools(tx: Queryable, server: string, renames: readonly ToolRename[]): Promise<void>;
}

export interface PolicyStoreOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly world: World;
}

export function createPolicyStore({ database, clock, world }: PolicyStoreOptions): PolicyStore {
  const now = () => new Date(clock.now());

  function edit(
    name: string,
    ifMatch: number | undefined,
    toWanted: (before: Said) => Said,
  ): Promise<SavedRule> {
    return database.transaction(async (tx) => {
      const before = await lockRule(tx, name, ifMatch);
      const wanted = toWanted(before);
      if (isDeepStrictEqual(saidOf(before), saidOf(wanted))) return { rule: before, warnings: [] };
      const warnings = await assertSound(tx, wanted, { world, now: now() });
      await updateRule(tx, name, wanted, now());
      return { rule: await getRule(tx, name), warnings };
    });
  }

  return {
    get: (name) => getRule(database, name),
    list: () => listRules(database),

    add: ({ name, ...said }) =>
      database.transaction(async (tx) => {
        await assertRoom(tx);
        const warnings = await assertSound(tx, said, { world, now: now() });
        await insertRule(tx, name, said, now());
        return { rule: await getRule(tx, name), warnings };
      }),

    async page({ q, portal, server, after, limit }) {
      const rows = await database.query<RuleRow>(sql`
        select ${ruleColumns} from policy_rules
         where name > ${after ?? ""}
           and (${q ?? null}::text is null
                or strpos(lower(concat_ws(' ', name, description)), lower(${q ?? null})) > 0)
           and (${portal ?? null}::text is null or attachment->'portals' ? ${portal ?? ""})
           and (${server ?? null}::text is null or attachment->'servers' ? ${server ?? ""})
         order by name limit ${limit + 1}`);
      const items = rows.slice(0, limit).map(toRule);
      const last = items.at(-1);
      return rows.length > limit && last ? { items, next: last.name } : { items };
    },

    change: (name, change, ifMatch) => edit(name, ifMatch, (before) => withChange(before, change)),
    replace: (name, whole, ifMatch) => edit(name, ifMatch, () => whole),

    remove: (name, ifMatch) =>
      database.transaction(async (tx) => {
        await lockRule(tx, name, ifMatch);
        await tx.query(sql`delete from policy_rules where name = ${name}`);
        await recordChange(tx, policiesTopic, name);
      }),

    check: (rule) => database.transaction((tx) => assertSound(tx, rule, { world, now: now() })),

    renameGroup: (tx, group, name) => renameGroup(tx, { world, group, name, now: now() }),
    renameTools: (tx, server, renames) => renameTools(tx, { server, renames, now: now() }),
  };
}

/** Throws `invalid_input`. One is added after the other: a rule too many would be one that nobody heeds. */
async function assertRoom(tx: Queryable): Promise<void> {
  await tx.query(sql`lock table policy_rules in share row exclusive mode`);
  const [row] = await tx.query<{ count: number }>(sql`select count(*) from policy_rules`);
  if ((row?.count ?? 0) < maxRules) return;
  throw kernelFaults.fault(
    "invalid_input",
    `name is of one more than the ${maxRules} rules that there may be`,
    {
      field: "name",
    },
  );
}
