/** `portal_list_servers`: what is behind the portal, and what of it is missing. */
import { differsByOwner, type CatalogServer, type Scope, type ServerStatus } from "@castellan/calls";
import type { CapabilityKind } from "@castellan/mcp";
import type { AccountStanding } from "../choices/accounts-of-people.ts";
import type { Portal } from "../portals/portal.ts";
import { toReason, type ListedError } from "./missing-reasons.ts";
import type { PersonHere } from "./person-here.ts";
import { definePortalTool, type PortalToolContext } from "./portal-tool.ts";

/** A server as the tool tells of it. Times are ISO 8601 in UTC. */
interface ListedServer {
  readonly slug: string;
  readonly title: string;
  readonly status: ServerStatus;
  readonly error?: ListedError;
  readonly tools: number;
  readonly prompts: number;
  readonly resources: number;
  /** Lists that it could not give when they were last read; what it listed there before counts still. */
  readonly failedLists?: readonly FailingList[];
  /** Definitions that it lists and that wait for an admin. */
  readonly waiting: number;
  /** When its lists were last read; absent: never. */
  readonly syncedAt?: string;
  /** Whether the caller has it: a person may have switched it off for their client. */
  readonly isOn: boolean;
  /** Since the person was here last. */
  readonly isNew?: true;
  /** Of the person's own account there; absent: it wants none of them. */
  readonly account?: AccountStanding;
  /** Where it is linked, or signed in to again. */
  readonly link?: string;
}

interface FailingList extends ListedError {
  readonly list: "tools" | "prompts" | "resources" | "resource templates";
}

/** Whoever asks. */
type FoundServer = Omit<ListedServer, "isOn" | "isNew" | "account" | "link">;

const count = { type: "integer", minimum: 0 };

export const listServers = definePortalTool({
  name: "portal_list_servers",
  listings: ["full", "minimize_tools", "search_and_execute"],
  definition: {
    title: "List servers",
    description:
      "Lists the MCP servers behind this portal with their state. Use it when a tool, prompt or resource that should be here is missing, or fails: a server that cannot be reached is named with the reason.",
    inputSchema: { type: "object", properties: {}, additionalProperties: false },
    outputSchema: {
      type: "object",
      properties: {
        servers: {
          type: "array",
          items: {
            type: "object",
            properties: {
              slug: { type: "string" },
              title: { type: "string" },
              status: {
                enum: ["ready", "stale", "error", "waiting"],
                description:
                  "ready: all is well; stale: it does not answer now, what it offered before is still listed; error: it has never answered; waiting: it has not been asked yet",
              },
              error: {
                type: "object",
                properties: { code: { type: "string" }, message: { type: "string" } },
                required: ["code", "message"],
              },
              tools: count,
              prompts: count,
              resources: count,
              failedLists: {
                type: "array",
                description:
                  "Lists that it could not give when they were last read; what it listed there before is listed still",
                items: {
                  type: "object",
                  properties: {
                    list: { enum: ["tools", "prompts", "resources", "resource templates"] },
                    code: { type: "string" },
                    message: { type: "string" },
                  },
                  required: ["list", "code", "message"],
                },
              },
              waiting: {
                ...count,
                description: "What it lists beside these and is not offered before an admin has approved it",
              },
              syncedAt: {
                type: "string",
                description: "When its lists were last read, ISO 8601; absent: never",
              },
              isOn: {
                type: "boolean",
                description:
                  "false: the person has switched it off for this client; its tools are not listed",
              },
              isNew: { type: "boolean" },
              account: {
                enum: ["linked", "not_linked", "needs_sign_in"],
                description: "The person's own account there; calls wait for it until it is linked",
              },
              link: { type: "string", description: "Where the person links it, or signs in again" },
            },
            required: ["slug", "title", "status", "tools", "prompts", "resources", "waiting", "isOn"],
          },
        },
        isNarrowed: {
          type: "boolean",
          description:
            "Whether the address of this connection names a part of the portal's servers; these are that part",
        },
      },
      required: ["servers", "isNarrowed"],
    },
    annotations: { readOnlyHint: true, openWorldHint: false },
  },
  async run(args, context) {
    const { isNarrowed, person } = context;
    const { portal, servers, scope } = context.withSwitchedOff;
    const [unknown] = Object.keys(args);
    if (unknown !== undefined)
      return {
        refusal: `portal_list_servers takes no arguments, ${JSON.stringify(unknown.slice(0, 64))} neither`,
      };
    const offered = countOffered(scope);
    const accounts = (await person?.accounts()) ?? new Map<string, AccountStanding>();
    const listed = portal.serverIds.map((id, at) => {
      const known = servers.find(({ server }) => server.id === id);
      const { isCircuitOpen } = context;
      const found = known ? toListed(known, offered, { portal, scope, isCircuitOpen }) : unusable(portal, at);
      return { ...found, ...ofPerson(id, person, accounts.get(id)) };
    });
    const unseen = portal.serverIds.filter((id) => person?.unseen.has(id));
    if (unseen.length > 0) await person?.tell(unseen);
    return {
      structuredText: JSON.stringify({ servers: listed, isNarrowed }),
      text: toText(listed, context),
    };
  },
});

function ofPerson(
  id: string,
  person: PersonHere | undefined,
  account: AccountStanding | undefined,
): Pick<ListedServer, "isOn" | "isNew" | "account" | "link"> {
  return {
    isOn: person?.off.has(id) !== true,
    ...(person?.unseen.has(id) && { isNew: true }),
    ...(account && { account }),
    ...(person && account && account !== "linked" && { link: person.page }),
  };
}

type Offered = ReadonlyMap<string, Readonly<Record<CapabilityKind, number>>>;

/** How much of each kind callers get, by server id. */
function countOffered(scope: Scope): Offered {
  const counts = new Map<string, Record<CapabilityKind, number>>();
  for (const kind of ["tool", "prompt", "resource", "resource_template"] as const)
    for (const { server } of scope.entries(kind)) {
      const { id } = server.server;
      const known = counts.get(id) ?? { tool: 0, prompt: 0, resource: 0, resource_template: 0 };
      known[kind]++;
      counts.set(id, known);
    }
  return counts;
}

function toListed(
  known: CatalogServer,
  offered: Offered,
  { portal, scope, isCircuitOpen }: Pick<PortalToolContext, "portal" | "scope" | "isCircuitOpen">,
): FoundServer {
  const { server, state, definitions } = known;
  const counts = offered.get(server.id);
  // Documents of the account that the lists were read with are nobody else's, not even their number.
  const isOwn = differsByOwner(known);
  const waits = definitions.filter(
    ({ kind, name, review, class: toolClass }) =>
      (review === "new" || review === "changed") &&
      !(isOwn && kind === "resource") &&
      !portal.autoAccept.includes(kind) &&
      scope.allows(known, toolClass, kind === "tool" ? name : undefined),
  );
  const failed = (state.failedLists ?? [])
    .filter(({ kind }) => !(isOwn && kind === "resource"))
    .map(({ kind, code }) => ({ list: listNames[kind], ...toReason(code) }));
  return {
    slug: server.slug,
    title: server.title,
    ...conditionOf(state, isCircuitOpen(server.id)),
    tools: counts?.tool ?? 0,
    prompts: counts?.prompt ?? 0,
    resources: (counts?.resource ?? 0) + (counts?.resource_template ?? 0),
    ...(failed.length > 0 && { failedLists: failed }),
    waiting: waits.length,
    ...(state.syncedAt && { syncedAt: state.syncedAt.toISOString() }),
  };
}

const listNames = {
  tool: "tools",
  prompt: "prompts",
  resource: "resources",
  resource_template: "resource templates",
} as const satisfies Record<CapabilityKind, FailingList["list"]>;

/** What a sync found, unless calls have found less since. */
function conditionOf(
  { status, error }: CatalogServer["state"],
  isOpen: boolean,
): Pick<ListedServer, "status" | "error"> {
  if (status === "ready" && isOpen) return { status: "stale", error: toReason("server_circuit_open") };
  return { status, ...(error && { error: toReason(error.code) }) };
}

/** One that is left out of the catalog, since what it is to be sent cannot be unsealed. */
function unusable({ servers }: Portal, at: number): FoundServer {
  const slug = servers[at] ?? "";
  const nothing = { tools: 0, prompts: 0, resources: 0, waiting: 0 };
  return { slug, title: slug, status: "error", error: toReason("vault_open_failed"), ...nothing };
}

function toText(
  servers: readonly ListedServer[],
  { portal, isNarrowed }: Pick<PortalToolContext, "portal" | "isNarrowed">,
): string {
  const ready = servers.filter(({ status }) => status === "ready").length;
  const which = isNarrowed ? "servers that this connection has" : "servers";
  const head = `${ready} of ${servers.length} ${which} of the portal ${portal.title} are ready.`;
  return [head, ...servers.map((server) => `- ${line(server)}`)].join("\n");
}

function line(server: ListedServer): string {
  return `${server.isNew ? "new: " : ""}${state(server)}${ofAccount(server)}`;
}

function ofAccount({ isOn, account, link }: ListedServer): string {
  const off = isOn ? "" : " Switched off for this client.";
  const wanting =
    account === "not_linked"
      ? ` Your account there is not linked: ${link}`
      : account === "needs_sign_in"
        ? ` You have to sign in there again: ${link}`
        : "";
  return off + wanting;
}

function state({ slug, title, status, error, syncedAt, failedLists = [], ...counts }: FoundServer): string {
  const name = title === slug ? slug : `${slug} (${title})`;
  const offered = `${plural(counts.tools, "tool")}, ${plural(counts.prompts, "prompt")}, ${plural(counts.resources, "resource")}`;
  const waiting =
    counts.waiting === 0
      ? ""
      : ` ${counts.waiting} more wait${counts.waiting === 1 ? "s" : ""} for approval.`;
  const failing = failedLists
    .map(({ list, code, message }) => ` Its ${list} could not be read anew: ${message} (${code}).`)
    .join("");
  const because = error ? ` ${error.message} (${error.code}).` : "";
  switch (status) {
    case "ready":
      return `${name}: ready, ${offered}.${failing}${waiting}`;
    case "stale":
      return `${name}: not answering, last read at ${syncedAt}.${because} Still listed: ${offered}.${failing}${waiting}`;
    case "error":
      return `${name}: missing, it has never been read.${because}`;
    case "waiting":
      return `${name}: missing, it has not been asked yet.`;
  }
}

function plural(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? "" : "s"}`;
}
