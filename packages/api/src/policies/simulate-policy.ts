import { compilePolicies, outcomes, simulate, type Rule, type SimulationResult } from "@castellan/policy";
import { createId, invalidInput } from "@castellan/kernel";
import { z } from "zod";
import { isoTime, printable, slug, time } from "../fields.ts";
import { defineRoute } from "../route.ts";
import { toWhole } from "./add-policy.ts";
import { newRule } from "./policy-fields.ts";
import { readUses, type Reading } from "./recorded-uses.ts";

const maxChanges = 200;
const maxCalls = 200_000;

/** Of many callers at once, each of whom comes by few ways: it bounds the memory that they take. */
const once = { keptConnections: 4 };

const counts = z.object({ allow: z.int(), ask: z.int(), deny: z.int() });

const answer = z
  .object({
    calls: z.int().meta({ description: "How many calls were judged" }),
    skipped: z.int().meta({
      description: "Records beside them: calls that came to no server, or by callers who are no longer here",
    }),
    isCut: z.boolean().meta({ description: "Whether there are older records that were not looked at" }),
    before: counts,
    after: counts,
    changed: z.int().meta({ description: "How many come out otherwise" }),
    unsure: z.int().meta({
      description: "How many hung on what is not recorded (arguments, certificates): taken as the stricter",
    }),
    groups: z
      .array(
        z.object({
          caller: z.object({ kind: z.enum(["user", "service", "public"]), id: z.string(), name: z.string() }),
          portal: z.string(),
          server: z.string(),
          tool: z.string().optional(),
          method: z.string(),
          before: z.enum(outcomes),
          after: z.enum(outcomes),
          rulesBefore: z.array(z.string()),
          rulesAfter: z.array(z.string()),
          calls: z.int(),
          unsure: z.int(),
          firstAt: isoTime,
          lastAt: isoTime,
        }),
      )
      .meta({ description: "Whose calls of what come out otherwise, the most calls first" }),
    notGrouped: z.int().meta({ description: "How many changed calls are in none of these groups" }),
    warnings: z.array(z.string()).meta({ description: "What saving these rules would warn of" }),
  })
  .meta({ id: "PolicySimulation" });

/** Nothing is saved. What would be refused when it is saved is refused here as well. */
export const simulatePolicy = defineRoute({
  id: "simulatePolicy",
  method: "POST",
  path: "/policy/simulate",
  summary: "Replay recorded calls against changed rules: what would have come out otherwise, and for whom",
  permission: "read",
  errors: ["rule_without_effect"],
  body: z.strictObject({
    put: z
      .array(newRule)
      .max(maxChanges)
      .default([])
      .meta({ description: "Rules that are new, or in the place of those of their names" }),
    remove: z.array(slug).max(maxChanges).default([]).meta({ description: "Names of rules that go" }),
    since: time.optional().meta({ description: "Calls that started then or later" }),
    until: time.optional().meta({ description: "Calls that started before" }),
    portal: slug.optional(),
    server: slug.optional(),
    principal: printable(128).optional().meta({ description: "Id of the person or token that called" }),
    maxCalls: z
      .int()
      .min(1)
      .max(maxCalls)
      .default(100_000)
      .meta({ description: "How many records, newest first" }),
  }),
  answer,
  handler: async ({ body, clientGone }, ports) => {
    const { put, remove, since, until, maxCalls: limit, ...filter } = body;
    const rules = await ports.policies.list();
    const { after, warnings } = await changed(rules, { put, remove }, ports.policies.check);
    const reading: Reading = { read: 0, skipped: 0, isCut: false };
    const uses = readUses(
      {
        filter: { ...filter, sinceMs: since?.getTime(), untilMs: until?.getTime() },
        maxCalls: limit,
        ports,
        signal: clientGone,
      },
      reading,
    );
    const result = await simulate(compilePolicies(rules, once), compilePolicies(after, once), uses);
    return { ...toShown(result), skipped: reading.skipped, isCut: reading.isCut, warnings };
  },
});

type Put = z.output<typeof newRule>;

/** The rules with the changes in them. Throws `rule_without_effect`, `invalid_input`. */
async function changed(
  rules: readonly Rule[],
  { put, remove }: { put: readonly Put[]; remove: readonly string[] },
  check: (rule: ReturnType<typeof toWhole<Put>>) => Promise<readonly string[]>,
): Promise<{ after: Rule[]; warnings: string[] }> {
  const after = new Map(rules.map((rule) => [rule.name, rule]));
  for (const [at, name] of remove.entries())
    if (!after.delete(name))
      throw invalidInput([{ field: `remove[${at}]`, reason: `"${name}" is the name of no rule` }]);
  const warnings: string[] = [];
  for (const said of put) {
    const rule = toWhole(said);
    for (const warning of await check(rule)) warnings.push(`${rule.name}: ${warning}`);
    const now = new Date(0);
    const made = { id: createId("rule"), managedBy: undefined, version: 0, createdAt: now, updatedAt: now };
    after.set(rule.name, { ...made, ...rule });
  }
  return { after: [...after.values()], warnings };
}

function toShown({ groups, ...result }: SimulationResult) {
  return {
    ...result,
    groups: groups.map(({ firstAtMs, lastAtMs, ...group }) => ({
      ...group,
      rulesBefore: [...group.rulesBefore],
      rulesAfter: [...group.rulesAfter],
      firstAt: new Date(firstAtMs),
      lastAt: new Date(lastAtMs),
    })),
  };
}
