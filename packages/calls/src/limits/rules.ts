/** Which limits hold for a call at a server: the server's, and beside them those of the tool. */
import { createHash } from "node:crypto";
import type { Server } from "../servers/server.ts";
import type { CallLimits, ServerLimits, TimedLimits } from "../servers/server-limits.ts";

/** Whose limit it is: of the person everywhere, of the server, or of one of its tools. */
export type LimitOwner = "person" | "server" | "tool";

/** A rate or a number of calls under way, or both, that are counted under one key. */
export interface LimitRule extends CallLimits {
  readonly owner: LimitOwner;
  /** Whether each person (or service token) is counted by itself; then the person's id is part of the key. */
  readonly isPerPerson: boolean;
  readonly key: string;
  /** Who takes so many, as the beginning of a sentence. */
  readonly subject: string;
}

export interface CallRules {
  readonly rules: readonly LimitRule[];
  /** How long a call may take, milliseconds, and whose limit that is. */
  readonly timeout: { readonly ms: number; readonly owner: LimitOwner } | undefined;
  /** Whether a limit says how many calls one caller may have under way at the server. */
  readonly boundsCallers: boolean;
}

const none: CallRules = { rules: [], timeout: undefined, boundsCallers: false };
/** Timers hold no more than this, 24 days. */
const maxTimeoutMs = 2 ** 31 - 1;

/** By the server as it is registered at present: another registration is another object. */
const known = new WeakMap<ServerLimits, Map<string | undefined, CallRules>>();

/** `tool`: as the server calls it; undefined for what is no call of a tool. */
export function rulesFor(
  { id, slug, limits }: Pick<Server, "id" | "slug" | "limits">,
  tool?: string,
): CallRules {
  const { tools = {} } = limits;
  const limited = tool !== undefined && Object.hasOwn(tools, tool) ? tool : undefined;
  let ofServer = known.get(limits);
  if (!ofServer) known.set(limits, (ofServer = new Map()));
  let rules = ofServer.get(limited);
  if (!rules) {
    const own = rulesOf(limits, { owner: "server", key: id, subject: `Server "${slug}"` });
    rules = limited === undefined ? own : both(own, toolRules(limited, tools[limited] ?? {}, id, slug));
    ofServer.set(limited, rules);
  }
  return rules;
}

/** What holds for each person over all servers. */
export function personRules(limits: CallLimits): readonly LimitRule[] {
  const { callsPerMinute, concurrency } = limits;
  if (callsPerMinute === undefined && concurrency === undefined) return [];
  return [{ ...limits, owner: "person", isPerPerson: true, key: "person", subject: "This installation" }];
}

/** A name is a stranger's: of any length, with any characters. */
function toolRules(name: string, limits: TimedLimits, id: string, slug: string): CallRules {
  const digest = createHash("sha256").update(name).digest("base64url");
  const subject = `Tool ${JSON.stringify(name.slice(0, 64))} of server "${slug}"`;
  return rulesOf(limits, { owner: "tool", key: `${id} ${digest}`, subject });
}

function rulesOf(limits: TimedLimits, of: Pick<LimitRule, "owner" | "key" | "subject">): CallRules {
  const { perPerson = {}, timeoutSeconds, ...all } = limits;
  const rules = [
    { ...of, ...pick(all), isPerPerson: false },
    { ...of, ...pick(perPerson), isPerPerson: true },
  ].filter(({ callsPerMinute, concurrency }) => callsPerMinute !== undefined || concurrency !== undefined);
  const timeout =
    timeoutSeconds === undefined
      ? undefined
      : { ms: Math.min(timeoutSeconds * 1000, maxTimeoutMs), owner: of.owner };
  if (rules.length === 0 && !timeout) return none;
  return { rules, timeout, boundsCallers: of.owner === "server" && perPerson.concurrency !== undefined };
}

function pick({ callsPerMinute, concurrency }: CallLimits): CallLimits {
  return {
    ...(callsPerMinute !== undefined && { callsPerMinute }),
    ...(concurrency !== undefined && { concurrency }),
  };
}

/** Both hold: the shorter time is the one that a call has. */
function both(server: CallRules, tool: CallRules): CallRules {
  const timeouts = [server.timeout, tool.timeout].flatMap((timeout) => timeout ?? []);
  return {
    rules: [...server.rules, ...tool.rules],
    timeout: timeouts.toSorted((a, b) => a.ms - b.ms)[0],
    boundsCallers: server.boundsCallers,
  };
}
