/**
 * What a decision costs with 10, 100 and 1,000 rules of several kinds: for somebody who calls again from where they were, from
 * a new address, and for somebody new; beside the same decision worked out the long way (`explain`), in the same run. Then
 * what it takes to simulate a change over 100,000 recorded calls.
 *
 * Options: --sizes 10,100,1000, --seconds N (of one figure, default 0.5), --calls N (to simulate, default 100000).
 */
import { parseArgs } from "node:util";
import { createId } from "@castellan/kernel";
import {
  compilePolicies,
  explain,
  simulate,
  useClasses,
  type Attachment,
  type Caller,
  type Connection,
  type RecordedUse,
  type Rule,
  type Selector,
  type Use,
} from "@castellan/policy";
import { endAfter } from "../load/deadline.ts";
import { printTable } from "../load/table.ts";

const { values } = parseArgs({
  options: {
    sizes: { type: "string", default: "10,100,1000" },
    seconds: { type: "string", default: "0.5" },
    calls: { type: "string", default: "100000" },
  },
});
const secondsMs = Number(values.seconds) * 1000;
const nowMs = Date.parse("2026-06-15T10:00:00Z");

using _deadline = endAfter(20 * 60_000);

type Kind = (index: number) => { readonly at: Attachment; readonly include: readonly Selector[] };

/** What rules are like. But for the first, all of them are attached to the one portal that is called. */
const kinds: Readonly<Record<string, Kind>> = {
  "spread over 50 portals": (index) => ({
    at: {
      portals: [`portal-${index % 50}`],
      servers: [`server-${index % 7}`],
      ...(index % 3 === 0 ? { classes: [useClasses[index % 3] ?? "read"] } : {}),
    },
    include: [{ group: `group-${index}` }, { group: "staff" }],
  }),
  "groups, one portal": (index) => ({ at: {}, include: [{ group: `group-${index}` }] }),
  "addresses, one portal": (index) => ({ at: {}, include: [{ ip: `10.${index >> 8}.${index & 255}.0/24` }] }),
  "IPv6 ranges, one portal": (index) => ({
    at: {},
    include: [{ ip: `2001:db8:${index.toString(16)}::/48` }],
  }),
  "hours, one portal": (index) => ({
    at: {},
    include: [{ time: { from: `${hour(index)}:00`, to: `${hour(index)}:30`, zone: "Europe/Berlin" } }],
  }),
  "one expression, one portal": () => ({
    at: {},
    include: [{ expression: 'call.arguments.path.startsWith("/tmp")' }],
  }),
  "expressions, one portal": (index) => ({
    at: {},
    include: [{ expression: `call.arguments.path.startsWith("/${index}/")` }],
  }),
};

const rows: string[][] = [];
for (const [kind, of] of Object.entries(kinds)) {
  for (const size of values.sizes.split(",").map(Number)) rows.push(measure(kind, rulesOf(size, of)));
}
printTable(["rules", "of them", "again µs", "new address µs", "new caller µs", "long way µs", "ratio"], rows);
console.log();
await simulation();

function measure(kind: string, rules: readonly Rule[]): string[] {
  const policies = compilePolicies(rules, { nowMs });
  const same = { caller: caller(0), connection: connection(0) };
  const use = useOf(0);
  let count = 0;
  const again = microseconds(() => policies.judge(same.caller, same.connection).decide(use));
  const address = microseconds(() => policies.judge(same.caller, connection(++count)).decide(use));
  const person = microseconds(() => policies.judge(caller(++count), same.connection).decide(use));
  const long = microseconds(() => explain(rules, same.caller, same.connection, use).decision);
  return [
    kind,
    String(rules.length),
    ...[again, address, person, long].map((figure) => figure.toFixed(2)),
    `${(long / again).toFixed(0)}×`,
  ];
}

/** Of processor time, over as many runs as fit into the time: others who work on the machine do not count. */
function microseconds(run: () => unknown): number {
  turnsWithin(secondsMs / 2, run);
  const startedAt = spent();
  const turns = turnsWithin(secondsMs, run);
  return (spent() - startedAt) / turns;
}

function turnsWithin(ms: number, run: () => unknown): number {
  const untilMs = performance.now() + ms;
  let turns = 0;
  while (performance.now() < untilMs) {
    for (let turn = 0; turn < 5; turn++) run();
    turns += 5;
  }
  return turns;
}

/** Microseconds of this thread on a processor. */
function spent(): number {
  const { user, system } = process.threadCpuUsage();
  return user + system;
}

async function simulation(): Promise<void> {
  const people = Array.from({ length: 200 }, (_, index) => caller(index));
  const total = Number(values.calls);
  const mixed = Object.values(kinds).slice(0, 5);
  const results: string[][] = [];
  for (const size of values.sizes.split(",").map(Number)) {
    const rules = rulesOf(size, (index) => (mixed[index % mixed.length] as Kind)(index));
    const stricter = rules.map((rule, index) =>
      index % 5 === 0 ? { ...rule, action: "block" as const } : rule,
    );
    async function* recorded(): AsyncIterable<RecordedUse> {
      for (let call = 0; call < total; call++) {
        const use = { ...useOf(call), nowMs: nowMs + call * 997, arguments: undefined };
        yield { caller: people[call % people.length] as Caller, connection: connection(call % 40), use };
      }
    }
    const startedMs = performance.now();
    const startedAt = spent();
    const { changed, groups } = await simulate(compilePolicies(rules), compilePolicies(stricter), recorded());
    const tookMs = performance.now() - startedMs;
    const each = (spent() - startedAt) / total;
    results.push([
      String(size),
      String(total),
      tookMs.toFixed(0),
      each.toFixed(2),
      String(changed),
      String(groups.length),
    ]);
  }
  printTable(["simulated with rules", "calls", "ms in all", "µs a call", "changed", "groups"], results);
}

function rulesOf(size: number, of: Kind): Rule[] {
  const at = new Date(nowMs);
  return Array.from({ length: size }, (_, index) => ({
    id: createId("rule"),
    name: `rule-${index}`,
    description: "",
    action: "allow" as const,
    ...of(index),
    require: [],
    exclude: [],
    stepUp: undefined,
    purpose: undefined,
    approval: undefined,
    startsAt: undefined,
    endsAt: undefined,
    isEnabled: true,
    managedBy: undefined,
    version: 1,
    createdAt: at,
    updatedAt: at,
  }));
}

function caller(index: number): Caller {
  return {
    kind: "user",
    id: `usr_${index}`,
    name: `Person ${index}`,
    email: `person-${index}@example.com`,
    groups: ["staff", ...Array.from({ length: 20 }, (_, of) => `group-${index + of * 31}`)],
    provider: "local",
    amr: ["pwd"],
    provedAtMs: undefined,
    claims: {},
    clientId: "cli_editor",
  };
}

function connection(index: number): Connection {
  const address = `10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`;
  return { address, country: "DE", certificate: undefined, postures: {} };
}

function useOf(index: number): Use {
  return {
    portal: `portal-${index % 50}`,
    server: `server-${index % 7}`,
    class: "read",
    tool: `tool-${index % 10}`,
    method: "tools/call",
    arguments: { path: "/tmp/a", content: "x".repeat(200) },
    nowMs,
  };
}

function hour(index: number): string {
  return String(index % 24).padStart(2, "0");
}
