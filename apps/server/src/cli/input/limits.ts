/**
 * Limits of a server as they are said on the command line: `calls-per-minute=60`, `person.concurrency=2`,
 * `tool.search.timeout=30s`; and those of the API, which are objects in objects.
 */
import type { Server } from "@castellan/client";
import { cliFaults } from "../faults.ts";
import { parseSpan } from "../output/times.ts";

export type Limits = Server["limits"];
type TimedLimits = Omit<Limits, "tools">;

const fields = {
  "calls-per-minute": "callsPerMinute",
  concurrency: "concurrency",
  timeout: "timeoutSeconds",
} as const;

type Setting = keyof typeof fields;

interface Place {
  readonly tool: string | undefined;
  readonly isPerson: boolean;
  readonly setting: Setting;
}

/** The limits with some set, and those taken away that are given nothing: `concurrency=`. Fault: `usage_invalid`. */
export function changeLimits(before: Limits, texts: readonly string[]): Limits {
  const all = new Map(flatten(before));
  for (const text of texts) {
    const at = text.lastIndexOf("=");
    const [name, value] = [text.slice(0, Math.max(at, 0)), text.slice(at + 1)];
    const place = parsePlace(name);
    if (value === "") all.delete(name);
    else all.set(name, parseValue(place, value));
  }
  return unflatten(all);
}

/** `calls-per-minute=60`, `tool.search.timeout=30s`. */
export function limitTexts(limits: Limits): string[] {
  return flatten(limits).map(([name, value]) => `${name}=${value}${name.endsWith("timeout") ? "s" : ""}`);
}

function parsePlace(name: string): Place {
  const pattern =
    /^(?:tool\.(?<tool>.+?)\.)?(?<person>person\.)?(?<setting>calls-per-minute|concurrency|timeout)$/su;
  const { tool, person, setting } = pattern.exec(name)?.groups ?? {};
  if (setting === undefined || (person !== undefined && setting === "timeout"))
    throw cliFaults.fault(
      "usage_invalid",
      "--limit must look like calls-per-minute=60, concurrency=10, timeout=30s, person.concurrency=2 or tool.NAME.timeout=30s",
    );
  return { tool, isPerson: person !== undefined, setting: setting as Setting };
}

function parseValue({ setting }: Place, text: string): number {
  if (setting === "timeout") return parseSpan(text, "--limit timeout") / 1000;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw cliFaults.fault("usage_invalid", `--limit ${setting} must be a whole number`);
}

function flatten({ tools = {}, ...own }: Limits): [name: string, value: number][] {
  return [
    ...flattenTimed(own, ""),
    ...Object.entries(tools).flatMap(([tool, limits]) => flattenTimed(limits, `tool.${tool}.`)),
  ];
}

function flattenTimed({ perPerson = {}, ...own }: TimedLimits, prefix: string): [string, number][] {
  const some = (limits: Omit<TimedLimits, "perPerson">, before: string) =>
    Object.entries(fields).flatMap(([setting, field]): [string, number][] => {
      const value = limits[field];
      return value === undefined ? [] : [[`${before}${setting}`, value]];
    });
  return [...some(own, prefix), ...some(perPerson, `${prefix}person.`)];
}

function unflatten(all: ReadonlyMap<string, number>): Limits {
  const placed = [...all].map(([name, value]) => ({ ...parsePlace(name), value }));
  const byTool = Map.groupBy(placed, ({ tool }) => tool);
  const tools = [...byTool].flatMap(([tool, some]) =>
    tool === undefined ? [] : [[tool, toTimed(some)] as const],
  );
  return {
    ...toTimed(byTool.get(undefined) ?? []),
    // A tool may be called `__proto__`: entries are defined, not assigned.
    ...(tools.length > 0 && { tools: Object.fromEntries(tools) }),
  };
}

function toTimed(some: readonly (Place & { readonly value: number })[]): TimedLimits {
  const of = (isPerson: boolean) =>
    Object.fromEntries(
      some.filter((one) => one.isPerson === isPerson).map(({ setting, value }) => [fields[setting], value]),
    );
  const perPerson = of(true);
  return { ...of(false), ...(Object.keys(perPerson).length > 0 && { perPerson }) };
}
