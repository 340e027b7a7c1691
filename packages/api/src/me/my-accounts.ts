import { callFaults, type CatalogServer } from "@castellan/calls";
import { credentialFaults } from "@castellan/credentials";
import { z } from "zod";
import { accountSort } from "../accounts/account-sort.ts";
import { askForLink, getPerson } from "../accounts/ask-for-link.ts";
import { myAccount, toAccountFacts } from "../accounts/shown-account.ts";
import { shownLink, toShownLink } from "../accounts/shown-link.ts";
import { id, slug } from "../fields.ts";
import { defineRoute } from "../route.ts";
import { personOf } from "./person.ts";
import { reachedServers } from "./reached-servers.ts";

const unlinked = z.object({ server: z.string(), title: z.string(), kind: z.enum(["oauth", "key"]) });

export const listMyAccounts = defineRoute({
  id: "listMyAccounts",
  method: "GET",
  path: "/me/accounts",
  summary: "List your accounts at servers, those used last first, and the servers where you have none yet",
  permission: "use",
  answer: z.object({
    items: z.array(myAccount).describe("At most 500"),
    unlinked: z.array(unlinked).describe("Servers that want an account of yours, by slug"),
  }),
  handler: async ({ principal }, ports) => {
    const person = personOf(principal);
    if (person === undefined) return { items: [], unlinked: [] };
    const accounts = await ports.accounts.ofPerson(person);
    const linked = new Set(accounts.map(({ targetId }) => targetId));
    return {
      items: accounts.map((account) => {
        const found = ports.catalog.findById(account.targetId)?.server;
        return { server: found?.slug, title: found?.title ?? "A removed server", ...toAccountFacts(account) };
      }),
      unlinked: reachedServers(principal, ports)
        .filter(({ server }) => !linked.has(server.id))
        .flatMap((known) => toUnlinked(known)),
    };
  },
});

function toUnlinked(known: CatalogServer): z.input<typeof unlinked>[] {
  const kind = accountSort(known, "person");
  const { slug: server, title } = known.server;
  return kind === undefined ? [] : [{ server, title, kind }];
}

export const addMyAccount = defineRoute({
  id: "addMyAccount",
  method: "POST",
  path: "/me/accounts",
  summary: "Begin to link your account at a server, or to sign in there once more: the page for it",
  permission: "use",
  status: 201,
  errors: ["server_unknown", "account_not_taken", "person_wanted", "links_limited"],
  body: z.strictObject({ server: slug.describe("A server of a portal that you may use") }),
  answer: shownLink,
  handler: async ({ body, principal }, ports) => {
    const by = getPerson(principal);
    const server = reachedServers(principal, ports).find((known) => known.server.slug === body.server);
    if (!server)
      throw callFaults.fault("server_unknown", `No portal that you may use has a server "${body.server}"`, {
        field: "server",
      });
    const asked = await askForLink({ server, owner: { kind: "person", id: by.id }, by }, ports);
    return toShownLink(asked, body.server, ports);
  },
});

export const endMyAccount = defineRoute({
  id: "endMyAccount",
  method: "DELETE",
  path: "/me/accounts/{id}",
  summary: "Unlink your account at a server, and have its tokens revoked",
  permission: "use",
  errors: ["account_not_found"],
  params: z.strictObject({ id: id("account") }),
  handler: async ({ params, principal }, { accounts, changes }) => {
    const person = personOf(principal);
    if (person === undefined)
      throw credentialFaults.fault("account_not_found", "There is no account with this id");
    await accounts.unlink(params.id, { kind: "person", id: person });
    await changes.flush();
  },
});
