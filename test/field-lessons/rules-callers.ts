/** What rules keep from somebody, every way to it, and what comes of each. */
import { exchange, type Reply } from "../fidelity/wire.ts";
import type { Era } from "../fixtures/exotic.ts";
import type { Caller, Door } from "../harness/callers/caller.ts";
import type { Loose } from "../harness/callers/inbox.ts";
import { openAt, waysTo, type Kind } from "../reviews/scene.ts";
import { callers, secret, words, type CallerKind } from "./rules-scene.ts";

export const eras = ["legacy", "modern"] as const;
export const cells = callers.flatMap((who) => eras.map((era) => [who, era] as const));
export const portal = `${secret}-portal`;
export const server = `${secret}-server`;
/** What is in no word that they are told. */
export const secrets = new RegExp(`${secret}|${words}`);

/** As the portal calls what rules keep from people, and what nobody ever made. */
export const denied: readonly (readonly [kind: Kind, name: string, never: string])[] = [
  ["tool", `shared_${secret}`, "shared_never"],
  ["tool", `${server}_${secret}-one`, "never-was_one"],
  ["prompt", `${server}_${secret}-one`, "never-was_one"],
  ["resource", `doc://${secret}-one`, "doc://never-was"],
  // As it would be called if another server had one of its name.
  ["resource", `gw+${server}:doc://${secret}-one`, "gw+never-was:doc://one"],
  ["resource_template", `${secret}-one://{n}`, "never-was://{n}"],
];

/** Who has no token may have one: they are asked to sign in, as they are where there is no portal. */
export const unknownTo = (who: CallerKind) =>
  who === "public" ? [401, "token_missing"] : [404, "portal_unknown"];

/** All that is answered, but for what is different each time. */
export const alike = (text: string, name: string) =>
  text.replaceAll(name, "NAME").replaceAll(/req_\w+|"id":(?:\d+|null),?/g, "");

/** What comes of each way to it. */
export async function answers(caller: Caller, door: Door, kind: Kind, name: string): Promise<string[]> {
  const searching = await openAt(caller.era, door, "optimize_context=search_and_execute");
  const said = await Promise.all(
    waysTo(kind, name).map(async ({ method, params, isExecuted }) => {
      const { status, text } = await (isExecuted ? searching : caller).request(method, params);
      return `${status} ${alike(text, name.replace("{n}", "1"))}`;
    }),
  );
  return said.map((one) => alike(one, name));
}

/** What the portal's own tool tells of its servers. */
export async function counted(caller: Caller): Promise<readonly object[]> {
  const { message } = await caller.request("tools/call", { name: "portal_list_servers" });
  return message.result.structuredContent.servers;
}

/** What is left of the server `shared`. A template counts among the resources. */
export const ofShared = { slug: "shared", tools: 1, prompts: 1, resources: 2, waiting: 0 };

/** The first thing that a client of the era says. */
export function first(
  era: Era,
  { url, token }: Door,
  more: Readonly<Record<string, string>> = {},
): Promise<Reply> {
  const isLegacy = era === "legacy";
  const method = isLegacy ? "initialize" : "tools/list";
  const clientInfo = { name: "c", version: "1" };
  const params = isLegacy
    ? { protocolVersion: "2025-11-25", capabilities: {}, clientInfo }
    : {
        _meta: {
          "io.modelcontextprotocol/protocolVersion": "2026-07-28",
          "io.modelcontextprotocol/clientCapabilities": {},
        },
      };
  return exchange(url, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      ...(token !== "" && { authorization: `Bearer ${token}` }),
      ...(!isLegacy && { "mcp-protocol-version": "2026-07-28", "mcp-method": method }),
      ...more,
    },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
  });
}

/** Of a failure, however it is told. */
export function codeOf(text: string): string | undefined {
  const { code, error } = JSON.parse(text) as Loose;
  return code ?? error?.data?.code;
}
