/** `/links`: somebody's servers, and what they do about each. */
import { isFault, isId } from "@castellan/kernel";
import type { Context, Hono } from "hono";
import { credentialFaults } from "../faults.ts";
import { linkPath, linksPath } from "../links/paths.ts";
import { newTo, offAt, saveChoices } from "./client-choices.ts";
import type { LinkPagesOptions } from "./link-pages.ts";
import { serversPurpose } from "./request-routes.ts";
import { serversView } from "./servers-view.ts";
import { signedOut } from "./signed-out.ts";
import type { LinkPerson, Visitor } from "./visitor.ts";
import { needOf } from "./words.ts";

export function addServerRoutes<Person extends LinkPerson>(
  app: Hono,
  options: LinkPagesOptions<Person>,
): void {
  const { links, accounts, visitors, forms, clock, targetOf, people, choices } = options;

  app.get(linksPath, async (c) => {
    const visitor = await visitors.current(c);
    const client = c.req.query("client");
    if (!visitor) return c.redirect(visitors.signInPath(linksPath));
    const { person } = visitor;
    const [servers, linked, clients, chosen] = await Promise.all([
      people.serversOf(person),
      accounts.ofPerson(person.id),
      people.clientsOf(person.id),
      choices.read(person.id),
    ]);
    const reached = new Set(servers.map(({ target }) => target.id));
    const fresh = newTo(servers, chosen);
    await seen(person, fresh);
    return serversView(c, {
      person,
      otherPath: visitors.signInPath(linksPath, { directory: person.directory, other: true }),
      servers,
      accounts: new Map(linked.map((account) => [account.targetId, account])),
      others: linked
        .filter(({ targetId }) => !reached.has(targetId))
        .map((account) => ({ account, target: targetOf(account.targetId) })),
      fresh: new Set(fresh.map(({ serverId }) => serverId)),
      clients: clients.map((one) => ({ ...one, off: offAt(one.id, chosen), isOpen: one.id === client })),
      formField: forms.field(c, serversPurpose(visitor)),
      nowMs: clock.now(),
    });
  });

  for (const path of ["servers/:id/link", "accounts/:id/unlink", "clients"])
    app.get(`${linksPath}/${path}`, (c) => c.redirect(linksPath));

  app.post(`${linksPath}/servers/:id/link`, (c) =>
    act(c, async ({ person }) => {
      const { id } = c.req.param();
      const server = (await people.serversOf(person)).find(({ target }) => target.id === id);
      if (server === undefined || needOf(server.target) === undefined) throw nothingThere();
      const owner = { kind: "person", id: person.id } as const;
      const account = await accounts.find(server.target.id, owner);
      const link = await links.ask({
        targetId: server.target.id,
        owner,
        personId: person.id,
        reason: account === undefined ? "not_linked" : "needs_sign_in",
      });
      return linkPath(link.id);
    }),
  );

  app.post(`${linksPath}/accounts/:id/unlink`, (c) =>
    act(c, async ({ person }) => {
      const { id } = c.req.param();
      if (!isId("account", id)) throw nothingThere();
      // Whoever presses it twice has what they wanted.
      await accounts.unlink(id, { kind: "person", id: person.id }).catch((error: unknown) => {
        if (!isFault(error, "account_not_found")) throw error;
      });
      return linksPath;
    }),
  );

  app.post(`${linksPath}/clients`, (c) =>
    act(c, async ({ person }, sent) => {
      const clientId = sent.get("client");
      const clients = await people.clientsOf(person.id);
      const client = clients.find(({ id }) => id === clientId);
      if (client === undefined) throw nothingThere();
      const servers = await people.serversOf(person);
      await saveChoices(
        choices,
        { personId: person.id, clientId: client.id, servers },
        new Set(sent.getAll("on")),
      );
      return `${linksPath}?${new URLSearchParams({ client: client.id })}#clients`;
    }),
  );

  async function act(
    c: Context,
    run: (visitor: Visitor<Person>, sent: URLSearchParams) => Promise<string>,
  ): Promise<Response> {
    const visitor = await visitors.current(c);
    if (!visitor) return signedOut(c, visitors.signInPath(linksPath));
    const sent = await forms.read(c, serversPurpose(visitor), linksPath);
    return c.redirect(await run(visitor, sent), 303);
  }

  async function seen({ id: personId }: Person, fresh: ReturnType<typeof newTo>): Promise<void> {
    for (const [portalId, of] of Map.groupBy(fresh, ({ portalId }) => portalId))
      await choices.tell({ personId, portalId, serverIds: of.map(({ serverId }) => serverId) });
  }
}

function nothingThere(): Error {
  return credentialFaults.fault("link_not_found", "There is no such server, account or client of yours", {
    data: { back: linksPath, backText: "Your servers" },
  });
}
