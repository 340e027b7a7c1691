/** A rule of the policy, as options say it. */
import type { NewPolicy, Policy } from "@castellan/client";
import { cliFaults } from "../faults.ts";
import { parseEnd, parseSpan, parseStart } from "../output/times.ts";
import { parseSelector } from "./selector.ts";
import { parseClasses } from "./some-of.ts";

/** False: none, or what is so without it. */
export interface RuleOptions {
  readonly action?: NewPolicy["action"];
  readonly description?: string;
  readonly portals?: readonly string[] | false;
  readonly servers?: readonly string[] | false;
  readonly class?: readonly string[] | false;
  readonly tool?: readonly string[] | false;
  readonly include?: readonly string[];
  readonly require?: readonly string[] | false;
  readonly exclude?: readonly string[] | false;
  /** A span. */
  readonly stepUp?: string | false;
  readonly stepUpMethods?: readonly string[] | false;
  /** A span; true: for that call. */
  readonly purpose?: string | boolean;
  /** `self`, `group:NAME`, `user:ADDRESS`. */
  readonly approver?: readonly string[];
  readonly expires?: string;
  readonly remind?: string | false;
  readonly holds?: string | false;
  readonly starts?: string | false;
  readonly ends?: string | false;
  readonly enabled?: boolean;
}

/** What options say, on top of a rule that is there. Null: none from now on; undefined: as it is. */
export function ruleFields(options: RuleOptions, before: Partial<Policy>, nowMs: number) {
  const { action, description, include, starts, ends, enabled: isEnabled } = options;
  const selectors = (said: readonly string[] | false | undefined, option: string) =>
    said === false ? [] : said?.map((text) => parseSelector(text, option));
  const moment = (said: string | false | undefined, parse: typeof parseEnd, option: string) =>
    said === false ? null : said && parse(said, nowMs, option).toISOString();
  return {
    action,
    description,
    at: attachmentOf(options, before.at ?? {}),
    include: selectors(include, "--include"),
    require: selectors(options.require, "--require"),
    exclude: selectors(options.exclude, "--exclude"),
    stepUp: stepUpOf(options, before.stepUp),
    purpose: purposeOf(options.purpose),
    approval: approvalOf(options, before.approval),
    startsAt: moment(starts, parseStart, "--starts"),
    endsAt: moment(ends, parseEnd, "--ends"),
    isEnabled,
  };
}

/** A whole rule: of one that is there what options do not say, and without it what a new one has. Fault: `usage_invalid`. */
export function wholeRule(
  name: string,
  options: RuleOptions,
  before: Policy | undefined,
  nowMs: number,
): NewPolicy {
  const said = ruleFields(options, before ?? {}, nowMs);
  const action = said.action ?? before?.action;
  const include = said.include ?? before?.include;
  if (action === undefined || include === undefined)
    throw cliFaults.fault("usage_invalid", "A rule needs --action, and at least one --include");
  const or = <Value>(now: Value | null | undefined, then: Value | undefined) =>
    now === undefined ? then : (now ?? undefined);
  return {
    name,
    action,
    include,
    description: or(said.description, before?.description),
    at: or(said.at, before?.at),
    require: or(said.require, before?.require),
    exclude: or(said.exclude, before?.exclude),
    stepUp: or(said.stepUp, before?.stepUp),
    purpose: or(said.purpose, before?.purpose),
    approval: or(said.approval, before?.approval),
    startsAt: or(said.startsAt, before?.startsAt),
    endsAt: or(said.endsAt, before?.endsAt),
    isEnabled: or(said.isEnabled, before?.isEnabled),
  };
}

type At = NonNullable<NewPolicy["at"]>;

function attachmentOf(
  { portals, servers, class: classes, tool: tools }: RuleOptions,
  before: At,
): At | undefined {
  if ([portals, servers, classes, tools].every((one) => one === undefined)) return undefined;
  const parsed = classes && parseClasses(classes, "--class");
  const said = { portals, servers, classes: classes === false ? classes : parsed, tools };
  const given = Object.entries({ ...before, ...without(said) }).filter(([, value]) => value !== false);
  return Object.fromEntries(given) as At;
}

function stepUpOf({ stepUp, stepUpMethods: methods }: RuleOptions, before: Policy["stepUp"]) {
  if (stepUp === false) return null;
  const withinSeconds = stepUp === undefined ? before?.withinSeconds : seconds(stepUp, "--step-up");
  if (stepUp === undefined && methods === undefined) return undefined;
  if (withinSeconds === undefined)
    throw cliFaults.fault("usage_invalid", "--step-up-methods needs --step-up");
  const kept = methods === undefined ? before?.methods : methods || undefined;
  return { withinSeconds, ...(kept && { methods: kept }) };
}

function purposeOf(purpose: RuleOptions["purpose"]) {
  if (purpose === false) return null;
  if (purpose === undefined) return undefined;
  return { holdsSeconds: purpose === true ? 0 : seconds(purpose, "--purpose") };
}

type Terms = NonNullable<NewPolicy["approval"]>;

function approvalOf(options: RuleOptions, before: Policy["approval"]): Terms | null | undefined {
  const { action, approver, expires, remind, holds } = options;
  if ([approver, expires, remind, holds].every((one) => one === undefined)) {
    // What another action does not take goes with the action.
    return action !== undefined && action !== "require_approval" && before !== undefined ? null : undefined;
  }
  const said = without({
    deciders: approver && toDeciders(approver),
    expiresSeconds: expires === undefined ? undefined : seconds(expires, "--expires"),
    remindSeconds: remind === undefined ? undefined : remind && seconds(remind, "--remind"),
    holdsSeconds: holds === undefined ? undefined : holds && seconds(holds, "--holds"),
  });
  const given = Object.entries({ ...before, ...said }).filter(([, value]) => value !== false);
  return { deciders: {}, ...(Object.fromEntries(given) as Partial<Terms>) };
}

function toDeciders(said: readonly string[]): Terms["deciders"] {
  const of = (kind: string) =>
    said.flatMap((text) => (text.startsWith(`${kind}:`) ? [text.slice(kind.length + 1)] : []));
  const [groups, people] = [of("group"), of("user")];
  const odd = said.find((text) => text !== "self" && !/^(?:group|user):./s.test(text));
  if (odd !== undefined)
    throw cliFaults.fault(
      "usage_invalid",
      `--approver takes self, group:NAME and user:ADDRESS, not ${JSON.stringify(odd)}`,
    );
  return {
    ...(said.includes("self") && { self: true }),
    ...(groups.length > 0 && { groups }),
    ...(people.length > 0 && { people }),
  };
}

function seconds(text: string, option: string): number {
  return parseSpan(text, option) / 1000;
}

/** Without what is undefined. */
function without<Fields extends object>(fields: Fields): Partial<Fields> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  ) as Partial<Fields>;
}
