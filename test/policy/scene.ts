/** A portal over a server of each era, somebody who calls, people who decide, and rules that the test puts in force. */
import type { User } from "@castellan/access";
import type { Person } from "@castellan/approvals";
import { createId } from "@castellan/kernel";
import type { Rule, RuleFields } from "@castellan/policy";
import { startRawLegacy, type RawLegacyServer } from "../fixtures/raw-legacy.ts";
import { startRawModern, type RawModernServer } from "../fixtures/raw-modern.ts";
import { callersOf } from "../portal/callers.ts";
import { parsed, type Door, type Heard, type Loose } from "../portal/client.ts";
import { openPortals, type OpenOptions, type Portals } from "../portal/open-portals.ts";

export const eras = ["legacy", "modern"] as const;
export type ServerEra = (typeof eras)[number];

export interface Scene extends AsyncDisposable {
  readonly house: Portals;
  /** Another replica. */
  readonly other: Portals;
  readonly servers: { readonly legacy: RawLegacyServer; readonly modern: RawModernServer };
  /** The params of each tools/call that came to the server of that era. */
  readonly called: Readonly<Record<ServerEra, Loose[]>>;
  readonly callers: ReturnType<typeof callersOf>;
  readonly ann: User;
  /** In the group `leads`. */
  readonly lead: Person;
  /** Ann's client's way in. */
  readonly door: Door;
  at(house: Portals): Door;
}

const tool = (name: string, annotations: object) => ({
  name,
  inputSchema: { type: "object" },
  annotations,
});
const tools = [
  tool("look", { readOnlyHint: true }),
  tool("put", { destructiveHint: false }),
  tool("drop", {}),
];

export const allScopes = ["portal:main", "portal:main:read", "portal:main:write", "portal:main:destructive"];

/** At its servers `legacy` and `modern` are the tools `look` (read), `put` (write), `drop` (destructive), and a resource. */
export async function openScene(options: OpenOptions = {}): Promise<Scene> {
  await using opened = new AsyncDisposableStack();
  const house = opened.use(await openPortals(options));
  const other = opened.use(await openPortals({ ...options, beside: house }));
  const called: Record<ServerEra, Loose[]> = { legacy: [], modern: [] };
  const script = (era: ServerEra) => ({
    "tools/list": () => JSON.stringify({ tools, ...(era === "modern" && { resultType: "complete" }) }),
    "tools/call": (params: Loose) => {
      called[era].push(params);
      return JSON.stringify({ content: [], ...(era === "modern" && { resultType: "complete" }) });
    },
    "resources/list": () =>
      JSON.stringify({
        resources: [{ uri: `${era}://1`, name: "1" }],
        ...(era === "modern" && { resultType: "complete" }),
      }),
  });
  const servers = {
    legacy: opened.use(
      await startRawLegacy({
        capabilities: '{"tools":{"listChanged":true},"resources":{"subscribe":true}}',
        script: script("legacy"),
      }),
    ),
    modern: opened.use(await startRawModern({ script: script("modern") })),
  };
  for (const era of eras) await house.sync(era, servers[era].url);
  await house.open("main", eras);
  await house.portals.change("main", {
    access: [{ who: "everyone", classes: ["read", "write", "destructive"] }],
  });
  const callers = callersOf(house.database);
  const ann = await callers.person("ann");
  const { token } = await callers.grant(ann, "main", allScopes);
  await Promise.all([house.flush(), other.flush()]);
  const lead: Person = {
    id: createId("user"),
    name: "Lea",
    email: "lea@example.com",
    directory: "workforce",
    groups: ["leads"],
    role: "member",
  };
  house.staff.add(lead);
  const at = ({ server }: Portals): Door => ({ url: `${server.url}/p/main/mcp`, token });
  const owned = opened.move();
  return {
    house,
    other,
    servers,
    called,
    callers,
    ann,
    lead,
    door: at(house),
    at,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** A rule for everybody, unless it says otherwise. */
export function rule(name: string, fields: Partial<RuleFields>): Rule {
  return {
    id: createId("rule"),
    name,
    description: "",
    action: "block",
    at: {},
    include: [{ everyone: true }],
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
    createdAt: new Date(0),
    updatedAt: new Date(0),
    ...fields,
  };
}

/** What was answered at last: the code of the failure, or `ok`; and the HTTP status. */
export async function outcome(heard: Heard): Promise<[status: number, code: string]> {
  const { error, result } = parsed((await heard.all).at(-1));
  return [heard.status, error?.data.code ?? result.resultType ?? "ok"];
}
