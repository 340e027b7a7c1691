/**
 * `portal_toggle_single_server`: switches one server on or off for the person who asks and the client that they ask with. What
 * is switched off is in none of the portal's lists there, and its tools are not called.
 */
import type { JsonObject } from "@castellan/mcp";
import type { AccountStanding } from "../choices/accounts-of-people.ts";
import { definePortalTool, type PortalToolContext } from "./portal-tool.ts";

const actions = ["toggle", "untoggle"] as const;
type Action = (typeof actions)[number];

export const toggleSingleServer = definePortalTool({
  name: "portal_toggle_single_server",
  listings: ["full", "minimize_tools", "search_and_execute"],
  isForPeople: true,
  definition: {
    title: "Switch a server",
    description:
      "Switches one server on (toggle) or off (untoggle), for this person and client, until switched back.",
    inputSchema: {
      type: "object",
      properties: {
        server_id: { type: "string", description: "A slug of portal_list_servers" },
        action: { enum: actions },
      },
      required: ["server_id", "action"],
      additionalProperties: false,
    },
    annotations: {
      readOnlyHint: false,
      destructiveHint: false,
      idempotentHint: true,
      openWorldHint: false,
    },
  },
  async run(args, context) {
    const { person } = context;
    if (!person) return { refusal: "Only a person has servers to choose" };
    const meant = meantBy(args, context);
    if ("refusal" in meant) return meant;
    const { serverId, slug, action } = meant;
    const isOn = action === "toggle";
    await person.switch(serverId, isOn);
    const account = isOn ? (await person.accounts()).get(serverId) : undefined;
    const isWanting = account !== undefined && account !== "linked";
    const question = isWanting ? await person.open(wanting(slug, account)) : undefined;
    if (question) return { question };
    const link = isWanting ? person.page : undefined;
    const done = `${slug} is ${isOn ? "on" : "off"} for this client.`;
    return {
      structuredText: JSON.stringify({ server: slug, isOn, account, link }),
      text: isWanting ? `${done} ${wanting(slug, account)} Open ${person.page}` : done,
    };
  },
});

type Meant =
  | { readonly serverId: string; readonly slug: string; readonly action: Action }
  | { readonly refusal: string };

function meantBy(args: JsonObject, { withSwitchedOff }: Pick<PortalToolContext, "withSwitchedOff">): Meant {
  const { server_id: named, action, ...others } = args;
  const [other] = Object.keys(others);
  if (other !== undefined)
    return {
      refusal: `portal_toggle_single_server takes "server_id" and "action", not ${JSON.stringify(other.slice(0, 64))}`,
    };
  const known = actions.find((one) => one === action);
  if (!known) return { refusal: '"action" must be "toggle" (on) or "untoggle" (off)' };
  if (typeof named !== "string")
    return { refusal: '"server_id" must be a string: a slug of portal_list_servers' };
  const { servers, serverIds } = withSwitchedOff.portal;
  const at = servers.indexOf(named);
  const [serverId, slug] = [serverIds[at], servers[at]];
  if (serverId === undefined || slug === undefined)
    return {
      refusal: `There is no server ${JSON.stringify(named.slice(0, 64))} here; portal_list_servers names those that there are`,
    };
  return { serverId, slug, action: known };
}

function wanting(slug: string, account: Exclude<AccountStanding, "linked">): string {
  return account === "not_linked"
    ? `You have not linked your account at ${slug} yet.`
    : `You have to sign in at ${slug} again.`;
}
