/** `castellan policy simulate`: what recorded calls would have come to with other rules. */
import type { NewPolicy, PolicySimulation, SimulatePolicyBody } from "@castellan/client";
import { isId, parseSlug } from "@castellan/kernel";
import { parseConfiguration } from "@castellan/configuration";
import { cliFaults } from "../../faults.ts";
import { readTextFile } from "../../input/file.ts";
import { findUser } from "../../input/named.ts";
import { wholeRule, type RuleOptions } from "../../input/rule.ts";
import { clean } from "../../output/clean.ts";
import { printTable } from "../../output/table.ts";
import { parsePast } from "../../output/times.ts";
import { show, type Session } from "../../session.ts";

export interface SimulateOptions extends RuleOptions {
  /** Configuration files: their rules. */
  readonly file?: readonly string[];
  /** Names of rules that go. */
  readonly remove?: readonly string[];
  readonly since?: string;
  readonly until?: string;
  readonly onlyPortal?: string;
  readonly onlyServer?: string;
  readonly by?: string;
  readonly max?: string;
}

/** With a name: that rule, as the options change or make it. */
export async function simulatePolicy(
  session: Session,
  name: string | undefined,
  options: SimulateOptions,
): Promise<void> {
  const { api, terminal } = session;
  const now = terminal.now();
  const { since, until, max, by } = options;
  const put = [
    ...(await rulesInFiles(options.file ?? [], terminal.cwd)),
    ...(name === undefined ? [] : [await ruleOf(session, parseSlug(name, "POLICY"), options)]),
  ];
  const remove = options.remove ?? [];
  const both = put.find((rule) => remove.includes(rule.name));
  if (both !== undefined)
    throw cliFaults.fault(
      "usage_invalid",
      `--remove ${clean(both.name)}: the same rule is to be there by --file or by its name; leave out one of them`,
    );
  if (put.length === 0 && remove.length === 0)
    throw cliFaults.fault(
      "usage_invalid",
      "Say what would be otherwise: a rule with options, --file or --remove",
    );
  if (max !== undefined && !/^\d{1,9}$/.test(max))
    throw cliFaults.fault("usage_invalid", "--max must be a whole number");
  const body: SimulatePolicyBody = {
    put,
    remove,
    since: since === undefined ? undefined : parsePast(since, now, "--since").toISOString(),
    until: until === undefined ? undefined : parsePast(until, now, "--until").toISOString(),
    portal: options.onlyPortal,
    server: options.onlyServer,
    principal: by === undefined || isId("token", by) ? by : (await findUser(api, by)).id,
    maxCalls: max === undefined ? undefined : Number(max),
  };
  const simulation = await api.simulatePolicy({ body });
  show(session, simulation, () => print(session, simulation));
}

/** Faults: `file_unreadable`, `configuration_invalid`. */
async function rulesInFiles(files: readonly string[], folder: string): Promise<NewPolicy[]> {
  const all: NewPolicy[] = [];
  for (const file of files) {
    const { input } = parseConfiguration(await readTextFile(file, folder), file);
    // As it is written: the server reads it as it reads any rule.
    for (const [name, rule] of Object.entries(input.policies ?? {})) all.push({ name, ...rule } as NewPolicy);
  }
  return all;
}

async function ruleOf({ api, terminal }: Session, name: string, options: RuleOptions): Promise<NewPolicy> {
  const before = await api.getPolicy({ params: { name } }).catch((error: unknown) => {
    if ((error as { code?: string }).code === "rule_not_found") return undefined;
    throw error;
  });
  return wholeRule(name, options, before, terminal.now());
}

function print({ terminal }: Session, simulation: PolicySimulation): void {
  const { calls, changed, before, after, unsure, skipped, isCut, groups, notGrouped, warnings } = simulation;
  terminal.print(`${calls} recorded ${calls === 1 ? "call" : "calls"}, ${changed} would come out otherwise`);
  terminal.print("");
  printTable(
    (["allow", "ask", "deny"] as const).map((outcome) => ({
      outcome,
      before: before[outcome],
      after: after[outcome],
    })),
    [
      { title: "OUTCOME", value: ({ outcome }) => outcome },
      { title: "NOW", value: (row) => String(row.before), align: "right" },
      { title: "THEN", value: (row) => String(row.after), align: "right" },
    ],
    terminal,
  );
  if (groups.length > 0) {
    terminal.print("");
    printTable(
      groups,
      [
        { title: "CALLS", value: (group) => String(group.calls), align: "right" },
        { title: "WHO", value: ({ caller }) => caller.name, shrinks: true },
        { title: "PORTAL", value: ({ portal }) => portal },
        { title: "SERVER", value: ({ server }) => server },
        { title: "TOOL", value: ({ tool, method }) => tool ?? method, shrinks: true },
        { title: "NOW", value: (group) => group.before },
        { title: "THEN", value: (group) => group.after, style: (group) => styles[group.after] },
        {
          title: "BY",
          value: ({ rulesAfter, after: then }) =>
            rulesAfter.join(", ") || (then === "deny" ? "no rule allows it" : "-"),
          shrinks: true,
        },
      ],
      terminal,
    );
  }
  const notes = [
    [notGrouped, "more would come out otherwise, in smaller groups"],
    [unsure, "hung on what is not recorded, such as arguments: they are taken as the stricter"],
    [skipped, "records were of no call to a server, or of callers who are no longer here"],
  ] as const;
  for (const [count, what] of notes) if (count > 0) terminal.note(`${count} ${what}`);
  if (isCut) terminal.note("There are older records: --max takes more of them");
  for (const warning of warnings) terminal.note(clean(`Note: ${warning}`));
}

const styles = { allow: "green", ask: "yellow", deny: "red" } as const;
