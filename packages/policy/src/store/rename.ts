/** Other names of what rules name, carried over to them. */
import { isDeepStrictEqual } from "node:util";
import type { Queryable } from "@castellan/database";
import type { Rule, RuleFields } from "../rules/rule.ts";
import type { Selector } from "../rules/selector.ts";
import type { DirectoryName, World } from "../soundness/world.ts";
import { refers, rulesNaming, rulesQuoting } from "./naming-rules.ts";
import { lockRule } from "./read-rules.ts";
import { updateRule } from "./write-rule.ts";

export interface GroupName {
  readonly directory: DirectoryName;
  readonly name: string;
}

export interface ToolRename {
  readonly from: string;
  readonly to: string;
}

interface GroupRenaming {
  readonly world: Pick<World, "portals" | "groups">;
  readonly group: GroupName;
  /** Undefined: it goes. */
  readonly name: string | undefined;
  readonly now: Date;
}

/** Throws `rule_refers`. */
export async function renameGroup(
  tx: Queryable,
  { world, group: { directory, name: from }, name: to, now }: GroupRenaming,
): Promise<void> {
  const naming = await rulesNaming(tx, ["group", "deciding_group"], from);
  const others = naming.length === 0 ? [] : await world.groups(tx, to === undefined ? [from] : [from, to]);
  const hasOther = others.some((group) => group.directory !== directory);
  // What an expression means by a name nobody can rewrite.
  const kept: Rule[] = await rulesQuoting(tx, from);
  for (const { name } of naming) {
    const rule = await lockRule(tx, name, undefined);
    const selectors = await directoriesOf(tx, rule, world);
    const decides = directory === "workforce";
    const isMeant = selectors.includes(directory);
    // The same name is that of another directory's group: it says of both what it says of one.
    const isBoth = isMeant && selectors.length > 1 && hasOther;
    const wanted = withGroup(rule, { from, to: to ?? "", selects: isMeant, decides });
    if (isDeepStrictEqual(wanted, rule)) continue;
    if (kept.some((one) => one.name === name)) continue;
    if (to === undefined || isBoth) kept.push(rule);
    else await updateRule(tx, name, wanted, now);
  }
  const byName = kept.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  if (kept.length > 0) throw refers(`The group "${from}"`, byName);
}

/** Throws nothing: a tool of the new name is the one that was meant. */
export async function renameTools(
  tx: Queryable,
  { server, renames, now }: { server: string; renames: readonly ToolRename[]; now: Date },
): Promise<void> {
  if (renames.length === 0) return;
  const names = new Map(renames.map(({ from, to }) => [from, to]));
  for (const { name, at } of await rulesNaming(tx, ["server"], server)) {
    if (!at.tools?.some((tool) => names.has(tool))) continue;
    const rule = await lockRule(tx, name, undefined);
    const tools = [...new Set(rule.at.tools?.map((tool) => names.get(tool) ?? tool))];
    await updateRule(tx, name, { ...rule, at: { ...rule.at, tools } }, now);
  }
}

/** Whose groups the rule's selectors name. */
async function directoriesOf(
  tx: Queryable,
  { at }: Rule,
  world: Pick<World, "portals">,
): Promise<readonly DirectoryName[]> {
  if (at.portals === undefined) return ["workforce", "customers"];
  const portals = await world.portals(tx, at.portals);
  return [...new Set(portals.map(({ directory }) => directory))];
}

function withGroup<Fields extends RuleFields>(
  rule: Fields,
  how: { from: string; to: string; selects: boolean; decides: boolean },
): Fields {
  const { from, to } = how;
  const selector = (one: Selector): Selector => ("group" in one && one.group === from ? { group: to } : one);
  const selectors = (all: readonly Selector[]) => (how.selects ? all.map(selector) : all);
  const groups = rule.approval?.deciders.groups?.map((name) => (how.decides && name === from ? to : name));
  return {
    ...rule,
    include: selectors(rule.include),
    require: selectors(rule.require),
    exclude: selectors(rule.exclude),
    approval: rule.approval && {
      ...rule.approval,
      deciders: { ...rule.approval.deciders, ...(groups && { groups }) },
    },
  };
}
