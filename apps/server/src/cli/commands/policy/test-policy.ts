/** `castellan policy test`: would they be let make this call, and which rule says so. */
import { isIP } from "node:net";
import type { ExplainPolicyBody, PolicyExplanation } from "@castellan/client";
import { isId, parseSlug } from "@castellan/kernel";
import { cliFaults } from "../../faults.ts";
import { readTextFile } from "../../input/file.ts";
import { findToken } from "../../input/named.ts";
import { parsePair } from "../../input/pair.ts";
import { selectorText } from "../../input/selector.ts";
import { clean } from "../../output/clean.ts";
import { printDetails, printTable } from "../../output/table.ts";
import { parsePast, spanText } from "../../output/times.ts";
import { show, type Session } from "../../session.ts";
import { decidersText } from "./show-policy.ts";

export interface TestPolicyOptions {
  readonly user?: string;
  readonly token?: string;
  readonly client?: string;
  readonly public?: boolean;
  readonly portal: string;
  readonly server: string;
  readonly tool?: string;
  readonly class?: "read" | "write" | "destructive";
  /** JSON, or `@FILE`. */
  readonly arguments?: string;
  readonly from?: string;
  readonly country?: string;
  /** Its common name; true: one without. */
  readonly certificate?: string | true;
  /** `SLUG=yes` */
  readonly posture?: readonly string[];
  readonly loginMethod?: string;
  readonly amr?: readonly string[];
  /** How long ago, or when. */
  readonly proved?: string;
  /** When the call is: ISO 8601. */
  readonly when?: string;
  readonly expect?: Verdict;
}

export type Verdict = "allow" | "ask" | "deny";

/** Ends with 1 when something else was expected. */
export async function testPolicy(session: Session, options: TestPolicyOptions): Promise<0 | 1> {
  const { api, terminal } = session;
  const body: ExplainPolicyBody = {
    caller: await callerOf(session, options),
    connection: connectionOf(options),
    call: {
      portal: parseSlug(options.portal, "--portal"),
      server: parseSlug(options.server, "--server"),
      tool: options.tool,
      class: options.class,
      arguments:
        options.arguments === undefined ? undefined : await readArguments(options.arguments, terminal.cwd),
      at: options.when,
    },
  };
  const explanation = await api.explainPolicy({ body });
  const verdict = verdictOf(explanation);
  show(session, explanation, () => print(session, explanation, verdict));
  if (options.expect === undefined || options.expect === verdict) return 0;
  terminal.note(`Expected was ${options.expect}, and it is ${verdict}`);
  return 1;
}

function verdictOf({ isGranted, isForPeople, outcome }: PolicyExplanation): Verdict {
  return isGranted && !isForPeople ? outcome : "deny";
}

async function callerOf(
  { api, terminal }: Session,
  options: TestPolicyOptions,
): Promise<ExplainPolicyBody["caller"]> {
  const { user, token, client, loginMethod: provider, amr, proved } = options;
  const isPublic = options.public === true;
  if ([user, token, options.public].filter((one) => one !== undefined).length > 1)
    throw cliFaults.fault("usage_invalid", "Say who: one of --user, --token, --public, or --client alone");
  const service = token === undefined || isId("token", token) ? token : (await findToken(api, token)).id;
  return {
    user,
    serviceToken: service,
    ...(isPublic && { public: true }),
    client,
    provider,
    amr,
    provedAt: proved === undefined ? undefined : parsePast(proved, terminal.now(), "--proved").toISOString(),
  };
}

function connectionOf({ from: address, country, certificate, posture }: TestPolicyOptions) {
  if (address !== undefined && isIP(address) === 0)
    throw cliFaults.fault("usage_invalid", "--from must be an IP address: 192.0.2.7 or 2001:db8::7");
  return {
    address,
    country,
    certificate:
      certificate === undefined ? undefined : certificate === true ? {} : { commonName: certificate },
    postures: posture && Object.fromEntries(posture.map(parsePosture)),
  };
}

function parsePosture(text: string): [string, boolean] {
  const [slug, said] = parsePair(text, "--posture");
  if (said === "yes" || said === "no") return [slug, said === "yes"];
  throw cliFaults.fault("usage_invalid", "--posture must look like EVALUATOR=yes or EVALUATOR=no");
}

async function readArguments(text: string, folder: string): Promise<Record<string, unknown>> {
  const json = text.startsWith("@") ? await readTextFile(text.slice(1), folder) : text;
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
  } catch {
    // Told below.
  }
  throw cliFaults.fault("usage_invalid", "--arguments must be a JSON object, or @FILE with one");
}

const verdicts = {
  allow: { text: "goes through", style: "green" },
  ask: { text: "goes through once this is done", style: "yellow" },
  deny: { text: "does not go through", style: "red" },
} as const;

function print({ terminal }: Session, explanation: PolicyExplanation, verdict: Verdict): void {
  const { isGranted, isForPeople, looksAt, levels, demands, rules, elsewhere } = explanation;
  const { text, style } = verdicts[verdict];
  terminal.print(terminal.paint(style, `The call ${text}`));
  if (!isGranted)
    terminal.print(
      `No access rule of the portal, and no scope, gives ${clean(looksAt.name)} ${looksAt.class} tools there`,
    );
  if (isForPeople) terminal.print("Rules want what only a person can do, and this caller is none");
  for (const demand of demands) terminal.print(clean(`  ${demandText(demand)}`));
  terminal.print("");
  printDetails(
    {
      Who: `${looksAt.name}${looksAt.email === undefined ? "" : ` (${looksAt.email})`}`,
      Groups: looksAt.groups.join(", ") || undefined,
      "Signed in by": looksAt.provider,
      "Proved by": looksAt.amr.join(", ") || undefined,
      Client: looksAt.clientId,
      From: looksAt.address || "not said",
      Country: looksAt.country === "ZZ" ? "not known" : looksAt.country,
      Class: looksAt.class,
    },
    terminal,
  );
  terminal.print("");
  printTable(
    levels,
    [
      { title: "LEVEL", value: ({ level }) => level },
      { title: "SAYS", value: ({ outcome }) => outcome, style: ({ outcome }) => verdicts[outcome].style },
      { title: "WHY", value: ({ why }) => whys[why] },
      { title: "RULES", value: (level) => level.rules.join(", ") || "-", shrinks: true },
    ],
    terminal,
  );
  for (const rule of rules) printRule(terminal, rule);
  if (elsewhere === 1) terminal.note("1 more rule is attached elsewhere");
  if (elsewhere > 1) terminal.note(`${elsewhere} more rules are attached elsewhere`);
}

const whys = {
  blocked: "a rule blocks it",
  asked: "a rule wants something first",
  allowed: "a rule allows it",
  not_allowed: "there are rules here, and none allows it",
  inherited: "no rule is about it: what was given, holds",
} as const;

type Explained = PolicyExplanation["rules"][number];

const states = { in_force: "", disabled: ", disabled", not_yet: ", not yet", over: ", over" } as const;
const effects = {
  blocks: "blocks",
  asks: "wants something first",
  allows: "allows",
  none: "does nothing here",
} as const;

function printRule(terminal: Session["terminal"], rule: Explained): void {
  terminal.print("");
  const title = `${rule.name} (${rule.level}${states[rule.state]})`;
  terminal.print(`${terminal.paint("bold", clean(title))}  ${effects[rule.effect]}`);
  for (const { part, selector, fits, words } of rule.selectors) {
    const sign = { yes: "+", no: "-", unknown: "?" }[fits];
    terminal.print(clean(`  ${sign} ${part} ${selectorText(selector)}: ${words}`));
  }
}

function demandText(demand: PolicyExplanation["demands"][number]): string {
  const { kind, rule, withinSeconds = 0, deciders = {} } = demand;
  if (kind === "approval") return `${decidersText(deciders)} must approve (${rule})`;
  if (kind === "purpose") return `they must say what for (${rule})`;
  return `they must have proved who they are within ${spanText(withinSeconds)} (${rule})`;
}
