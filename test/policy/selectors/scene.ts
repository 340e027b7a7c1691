/**
 * A whole house with a server behind two portals, one of which takes callers without a token, and one rule at a time
 * about the server's tool `look`, made over the API. Its caller at `127.0.0.1` is a trusted proxy; nobody else is.
 */
import { randomUUID } from "node:crypto";
import type { RuleFields } from "@castellan/policy";
import { startStocked, type StockedServer } from "../../fixtures/stocked.ts";
import { startTestHouse, type TestHouse, type TestHouseOptions } from "../../harness/house.ts";
import { toRegistration } from "../../harness/registration.ts";
import { parsed, sayModern, type Loose, type Said } from "../../portal/client.ts";

/** How somebody comes: by which door, with what, from where. */
export interface Way extends Pick<Said, "headers" | "dispatcher"> {
  readonly url: string;
  /** None: without one. */
  readonly token: string | undefined;
  /** What they call the tool with. */
  readonly args?: object;
  /** What their client says of itself. */
  readonly clientInfo?: { readonly name: string; readonly version: string };
}

/** What somebody was shown, was told, and left behind. */
export interface Seen {
  /** Whether `tools/list` has the tool. */
  readonly isListed: boolean;
  readonly status: number;
  /** `ok`, or the code of the failure. */
  readonly code: string;
  readonly message: string | undefined;
  /** The rules that the failure names. */
  readonly rules: readonly string[] | undefined;
  /** How many calls reached the server. */
  readonly calls: number;
  readonly recorded: {
    readonly outcome: string;
    readonly code: string | undefined;
    readonly policy: unknown;
  };
}

export type Tested = Partial<Omit<RuleFields, "startsAt" | "endsAt">>;

export interface SelectorScene extends AsyncDisposable {
  readonly house: Awaited<ReturnType<typeof startTestHouse>>;
  readonly server: StockedServer;
  /** For people and programs. */
  readonly main: string;
  /** For whoever comes. */
  readonly open: string;
  /** Puts a rule in the place of the last one. Without one there is none. */
  setRule(rule: Tested | undefined): Promise<void>;
  /** A program's token at both portals. */
  program(name: string): Promise<{ id: string; secret: string }>;
  /** Looks at the list, calls the tool, and reads the record of that. */
  see(way: Way): Promise<Seen>;
}

export const ruleName = "the-rule";
export const everyone = { everyone: true } as const;
const tool = "desk_look";
const access = [{ who: "everyone", classes: ["read"] }];
/** By another name in the record. */
const at = { servers: ["desk"], tools: ["look"] };

export async function openSelectors({ env, ...options }: TestHouseOptions = {}): Promise<SelectorScene> {
  await using opened = new AsyncDisposableStack();
  const named = (name: string) => ({
    name,
    inputSchema: { type: "object" },
    annotations: { readOnlyHint: true },
  });
  const server = opened.use(await startStocked("modern", { tools: [named("look"), named("other")] }));
  const house = opened.use(
    await startTestHouse({ ...options, env: { CASTELLAN_TRUSTED_PROXIES: "127.0.0.1", ...env } }),
  );
  const { api } = house;
  await api("POST", "/servers", toRegistration("desk", server.url));
  await api("POST", "/portals", { slug: "main", servers: ["desk"], access });
  await api("POST", "/portals", {
    slug: "open",
    servers: ["desk"],
    access: [...access, { who: "public", classes: ["read"] }],
    publicLimits: { requestsPerMinute: 1_000_000, requestsPerMinutePerAddress: 1_000_000 },
  });
  let hasRule = false;
  const owned = opened.move();

  return {
    house,
    server,
    main: `${house.url}/p/main/mcp`,
    open: `${house.url}/p/open/mcp`,
    async setRule(rule) {
      if (hasRule) await api("DELETE", `/policies/${ruleName}`);
      hasRule = false;
      if (rule) await api("POST", "/policies", { name: ruleName, at, ...rule });
      hasRule = rule !== undefined;
    },
    async program(name) {
      const given = { name, role: "member", portals: ["main", "open"], allow: ["read"] };
      return api<{ id: string; secret: string }>("POST", "/tokens", given);
    },
    async see(way) {
      const mark = randomUUID();
      const [listed, { status, requestId, body }] = await Promise.all([
        say(way, "tools/list"),
        say(way, "tools/call", { name: tool, arguments: { ...way.args, mark } }),
      ]);
      const data: Loose = body["error"]?.data;
      return {
        isListed: (listed.body["result"]?.tools ?? []).some(({ name }: { name: string }) => name === tool),
        status,
        code: data?.code ?? "ok",
        message: body["error"]?.message,
        rules: data?.rules,
        calls: server.recording.of((request) => request.body.includes(mark)).length,
        recorded: await recordOf(house, requestId),
      };
    },
    async [Symbol.asyncDispose]() {
      await owned.disposeAsync();
      const failures = house.log.filter((line) => /"level":"(?:error|fatal)"/.test(line));
      if (failures.length > 0) throw new Error(`The house failed:\n${failures.join("\n")}`);
    },
  };
}

/** One request in somebody's way, and what was answered at last. */
export async function say(way: Way, method: string, params: Record<string, unknown> = {}) {
  const { url, token, headers = {}, dispatcher, clientInfo } = way;
  const heard = await sayModern({ url, token: token as string }, method, params, {
    headers,
    ...(dispatcher && { dispatcher }),
    ...(clientInfo && { meta: { "io.modelcontextprotocol/clientInfo": clientInfo } }),
  });
  const body = parsed((await heard.all).at(-1));
  return { status: heard.status, requestId: heard.headers["x-request-id"], body };
}

async function recordOf({ api }: Pick<TestHouse, "api">, requestId: unknown): Promise<Seen["recorded"]> {
  const { items } = await api<{ items: Loose[] }>("GET", "/calls?method=tools/call&limit=50");
  const { outcome, code, policy } = items.find((one) => one.requestId === requestId);
  return { outcome, code, policy };
}
