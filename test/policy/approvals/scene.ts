/**
 * A whole house on two replicas behind one address, over a server of each era, with rules that were made by the API. People
 * sign in, let their clients in, and decide on the pages. What is sent with `x-replica` goes to that replica, anything else to
 * the next in turn.
 */
import { randomUUID } from "node:crypto";
import { sql } from "@castellan/database";
import type { RuleFields } from "@castellan/policy";
import { metaKeys } from "../../fixtures/modern-rules.ts";
import { startStocked, type StockedServer } from "../../fixtures/stocked.ts";
import { startTestHouse, type TestHouse } from "../../harness/house.ts";
import { toRegistration } from "../../harness/registration.ts";
import { startRelay, type Relay } from "../../harness/relay.ts";
import { parsed, sayModern, type Door, type Heard, type Loose } from "../../portal/client.ts";
import { HttpBrowser, type Shown } from "../../sign-in/http-browser.ts";
import { allow, registerClient } from "../../sign-in/oauth-client.ts";
import { makeAccount, type Person } from "../../sign-in/people.ts";

export const eras = ["legacy", "modern"] as const;
export type ServerEra = (typeof eras)[number];

type Terms = Partial<RuleFields> & Pick<RuleFields, "action">;

const asks = (group: string, more: object = {}): Terms => ({
  action: "require_approval",
  approval: { deciders: { groups: [group] }, ...more },
});

/** The tools of each server, and what the rules want of a call of them, by the rules' names. */
const demands = {
  ask: { leads: asks("leads") },
  hold: { holds: asks("leads", { holdsSeconds: 3600 }) },
  both: { leads: asks("leads"), finance: asks("finance") },
  self: { self: { action: "require_approval", approval: { deciders: { self: true } } } },
  proof: { fresh: { action: "allow", stepUp: { withinSeconds: 600 } } },
  why: { purpose: { action: "allow", purpose: { holdsSeconds: 0 } } },
} satisfies Record<string, Record<string, Terms>>;
export type Tool = keyof typeof demands;

export interface Visitor extends Person {
  /** Signed in. */
  readonly browser: HttpBrowser;
  /** Their client's way in. */
  readonly door: Door;
}

export interface CallOptions {
  readonly era?: ServerEra;
  readonly replica?: number;
  /** The client opens pages for its person. */
  readonly opensPages?: boolean;
  /** Members beside name and arguments. */
  readonly more?: object;
}

export interface ApprovalScene extends AsyncDisposable {
  readonly house: TestHouse;
  readonly relay: Relay;
  readonly servers: Readonly<Record<ServerEra, StockedServer>>;
  /** Calls the API as the admin; resolves when every replica knows what came of it. */
  api: TestHouse["api"];
  /** Adds somebody to these groups; they have signed in and let a client in. */
  come(name: string, ...groups: string[]): Promise<Visitor>;
  /** Puts somebody into these groups and no others. */
  move(person: Pick<Person, "id">, ...groups: string[]): Promise<void>;
  /** Another client of somebody's. */
  letIn(browser: HttpBrowser): Promise<Door>;
  /** Which replica has the pages of requests; undefined: each in turn. May be set. */
  pagesAt: number | undefined;
  /** A modern client's call. */
  call(door: Door, tool: Tool, args: object, options?: CallOptions): Promise<Heard>;
  /** The params of each call with this mark in its arguments that reached a server. */
  arrived(mark: string): Loose[];
  /** Has it been asked, decided, used and said so many seconds earlier than it was. */
  age(approvalId: string, seconds: number): Promise<void>;
  approval(approvalId: string): Promise<Loose>;
}

const groups = ["leads", "finance"] as const;
const scope = "portal:main portal:main:read portal:main:write";

export async function openApprovals(
  options: { env?: Readonly<Record<string, string>> } = {},
): Promise<ApprovalScene> {
  await using opened = new AsyncDisposableStack();
  const stock = () => ({
    tools: Object.keys(demands).map((name) => ({
      name,
      inputSchema: { type: "object" },
      annotations: { destructiveHint: false },
    })),
  });
  const servers = {
    legacy: opened.use(await startStocked("legacy", stock())),
    modern: opened.use(await startStocked("modern", stock())),
  };
  const replicas: string[] = [];
  const relay = opened.use(await startRelay(replicas));
  let pagesAt: number | undefined;
  relay.aim = ({ headers, path }) => {
    if (headers["x-replica"] !== undefined) return Number(headers["x-replica"]);
    return path.startsWith("/approvals") ? pagesAt : undefined;
  };
  const house = opened.use(await startTestHouse({ ...options, publicUrl: relay.url }));
  replicas.push(house.socketUrl);
  const other = opened.use(await startTestHouse({ ...options, publicUrl: relay.url, beside: house }));
  replicas.push(other.socketUrl);

  /** What is written at a replica is answered when that replica has heard all that was written before. */
  const settle = () =>
    Promise.all(
      [house, other].map(async ({ socketUrl, adminToken }) => {
        const answer = await fetch(`${socketUrl}/api/v1/policies/barrier`, {
          method: "PATCH",
          headers: { authorization: `Bearer ${adminToken}`, "content-type": "application/json" },
          body: JSON.stringify({ description: randomUUID() }),
        });
        if (!answer.ok) throw new Error(`The barrier answered ${answer.status} ${await answer.text()}`);
        await answer.body?.cancel();
      }),
    );
  const api: TestHouse["api"] = async (...args) => {
    const answer = await house.api<Loose>(...args);
    await settle();
    return answer;
  };

  const everyone = [{ everyone: true }];
  await house.api("POST", "/policies", {
    name: "barrier",
    action: "block",
    include: everyone,
    isEnabled: false,
  });
  const groupIds = new Map<string, string>();
  for (const name of groups)
    groupIds.set(name, (await house.api<{ id: string }>("POST", "/groups", { name })).id);
  for (const era of eras) await house.api("POST", "/servers", toRegistration(era, servers[era].url));
  await house.api("POST", "/portals", {
    slug: "main",
    servers: eras,
    access: [{ who: "everyone", classes: ["read", "write"] }],
  });
  for (const [tool, rules] of Object.entries(demands))
    for (const [name, fields] of Object.entries(rules))
      for (const era of eras)
        await house.api("POST", "/policies", {
          name: `${tool}-${era}-${name}`,
          at: { servers: [era], tools: [tool] },
          include: everyone,
          ...fields,
        });
  await settle();
  const portalUrl = `${relay.url}/p/main/mcp`;

  async function letIn(browser: HttpBrowser): Promise<Door> {
    const { url, redeem } = (await registerClient(portalUrl, "Desk")).authorization(scope);
    const page = await browser.open(url);
    const { access } = await redeem(await allow(browser, page, page.forms[0]?.boxes));
    return { url: portalUrl, token: access };
  }

  const owned = opened.move();
  return {
    house,
    relay,
    servers,
    api,
    letIn,
    get pagesAt() {
      return pagesAt;
    },
    set pagesAt(replica) {
      pagesAt = replica;
    },
    async come(name, ...inGroups) {
      const email = `${name.toLowerCase()}@example.com`;
      const { id } = await house.api<{ id: string }>("POST", "/users", { email, name, groups: inGroups });
      const link = await house.api<{ url: string }>("POST", `/users/${id}/invitations`, {});
      const browser = new HttpBrowser(relay.url);
      const account = await makeAccount(browser, link.url, email);
      return { id, ...account, browser, door: await letIn(browser) };
    },
    move: async ({ id }, ...to) => {
      for (const [name, group] of groupIds)
        await house.api(to.includes(name) ? "PUT" : "DELETE", `/groups/${group}/members/${id}`);
      await settle();
    },
    call: (door, tool, args, { era = "modern", replica, opensPages = false, more } = {}) =>
      sayModern(
        door,
        "tools/call",
        { name: `${era}_${tool}`, arguments: args, ...more },
        {
          meta: opensPages ? { [metaKeys.clientCapabilities]: { elicitation: { form: {}, url: {} } } } : {},
          headers: replica === undefined ? {} : { "x-replica": String(replica) },
        },
      ),
    arrived: (mark) =>
      Object.values(servers)
        .flatMap(({ recording }) => recording.of("tools/call"))
        .filter(({ body }) => body.includes(mark))
        .map(({ body }) => parsed(body)["params"] as Loose),
    async age(id, seconds) {
      const by = `${seconds} seconds`;
      await house.database.query(sql`
        update approvals set
          asked_at = asked_at - ${by}::interval,
          expires_at = expires_at - ${by}::interval,
          decided_at = decided_at - ${by}::interval,
          used_at = used_at - ${by}::interval,
          met = (select coalesce(json_agg(jsonb_set(one, '{at}',
                   to_jsonb((one->>'at')::timestamptz - ${by}::interval)) order by place), '[]')
                   from jsonb_array_elements(met::jsonb) with ordinality as each (one, place))
         where id = ${id}`);
    },
    approval: async (id) => house.api("GET", `/approvals/${id}`),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** What was answered at last. */
export async function last(heard: Heard | Promise<Heard>): Promise<Readonly<Record<string, Loose>>> {
  return parsed((await (await heard).all).at(-1));
}

/** The code of the failure, or what kind of result it is. */
export async function outcome(heard: Heard | Promise<Heard>): Promise<string> {
  const { error, result } = await last(heard);
  return error?.data.code ?? result.resultType ?? "complete";
}

/** The page of the request that a call waits for, whichever way its client was told. */
export function pageIn({ error, result }: Readonly<Record<string, Loose>>): string {
  return error?.data.url ?? result.inputRequests.castellan_approval.params.url;
}

export function idIn(page: string): string {
  return page.split("/").at(-1) ?? "";
}

/** Presses a button on the page of a request, with what is written beside it. */
export async function press(
  browser: HttpBrowser,
  page: string,
  button: "yes" | "no" | "continue" | "withdraw",
  fields: Readonly<Record<string, string>> = {},
): Promise<Shown> {
  const isDecision = button === "yes" || button === "no";
  const shown = await browser.open(page);
  const form = shown.forms.find(({ action }) => action.includes(isDecision ? "/decision" : `/${button}`));
  if (!form) throw new Error(`There is nothing to press for ${button} on ${page}: ${shown.text}`);
  return browser.send(form, { ...(isDecision && { decision: button }), ...fields });
}
