/** `/links/requests/{id}`: one request, shown to whom it is for, and met, put off or declined by them. */
import { isFault, isId, type Fault, type Id } from "@castellan/kernel";
import { clientGone, errorPage, html } from "@castellan/web";
import type { Context, Hono } from "hono";
import { credentialFaults } from "../faults.ts";
import type { LinkRequest } from "../link.ts";
import type { LinkOutlook, LinkVisitor } from "../links/links.ts";
import { linkPath, linksPath } from "../links/paths.ts";
import type { LinkPagesOptions } from "./link-pages.ts";
import { requestView, type Wrong } from "./request-view.ts";
import { signedOut } from "./signed-out.ts";
import { toLinkVisitor, type LinkPerson, type Visitor } from "./visitor.ts";

type RequestContext = Context<object, "/:id">;

export function addRequestRoutes<Person extends LinkPerson>(
  app: Hono,
  options: LinkPagesOptions<Person>,
): void {
  const { links, accounts, visitors, forms, clock, targetOf, people } = options;

  app.get(`${linksPath}/requests/:id`, async (c) => {
    const id = getId(c);
    const visitor = await visitors.current(c);
    return visitor ? show(c, visitor, id) : c.redirect(await signInPath(id));
  });

  // Whoever has a form's address opened again comes to where the request is by now.
  for (const form of ["begin", "key", "decline"])
    app.get(`${linksPath}/requests/:id/${form}`, (c) => c.redirect(linkPath(getId(c))));

  app.post(`${linksPath}/requests/:id/begin`, (c) =>
    act(c, async (visitor, link) => {
      const outlook = await links.outlook(link.id, toVisitor(visitor), clientGone(c));
      await forms.read(c, purposeOf(visitor, link, outlook), linkPath(link.id));
      const url = await links.begin(link.id, toVisitor(visitor), clientGone(c));
      return c.redirect(url.href, 303);
    }),
  );

  app.post(`${linksPath}/requests/:id/key`, (c) =>
    act(c, async (visitor, link) => {
      const outlook = await links.outlook(link.id, toVisitor(visitor), clientGone(c));
      const sent = await forms.read(c, purposeOf(visitor, link, outlook), linkPath(link.id));
      await links.enterKey(link.id, toVisitor(visitor), sent.get("key") ?? "");
      return c.redirect(linkPath(link.id), 303);
    }),
  );

  app.post(`${linksPath}/requests/:id/decline`, (c) =>
    act(c, async (visitor, link) => {
      await forms.read(c, purposeOf(visitor, link), linkPath(link.id));
      await links.decline(link.id, visitor.person.id);
      return c.redirect(linkPath(link.id), 303);
    }),
  );

  function toVisitor(visitor: Visitor<Person>): LinkVisitor {
    return toLinkVisitor(visitor, people.isAdmin(visitor.person));
  }

  /** Whoever holds the address learns nothing by it but which kind of account it is for. */
  async function signInPath(id: Id<"link">): Promise<string> {
    const link = await links.find(id);
    const directory = link === undefined ? "workforce" : await people.directoryOf(link.personId);
    return visitors.signInPath(linkPath(id), { directory });
  }

  async function act(
    c: RequestContext,
    run: (visitor: Visitor<Person>, link: LinkRequest) => Promise<Response>,
  ): Promise<Response> {
    const id = getId(c);
    const visitor = await visitors.current(c);
    if (!visitor) return signedOut(c, await signInPath(id));
    const link = await getOwn(visitor, id);
    if (isFault(link)) return refuse(c, visitor, id, link);
    try {
      return await run(visitor, link);
    } catch (error) {
      if (!isFault(error) || !isToldHere(error)) throw error;
      return show(c, visitor, id, toWrong(error));
    }
  }

  async function show(
    c: RequestContext,
    visitor: Visitor<Person>,
    id: Id<"link">,
    wrong?: Wrong,
  ): Promise<Response> {
    const link = await getOwn(visitor, id);
    if (isFault(link)) return refuse(c, visitor, id, link);
    const outlook = await outlookOf(c, visitor, link);
    const { directory } = visitor.person;
    return requestView(c, {
      link,
      target: targetOf(link.targetId),
      account: await accounts.find(link.targetId, link.owner),
      person: visitor.person,
      otherPath: visitors.signInPath(linkPath(id), { directory, other: true }),
      outlook: isFault(outlook) ? undefined : outlook,
      wrong: wrong ?? (isFault(outlook) ? toWrong(outlook) : undefined),
      fields: {
        meet: forms.field(c, purposeOf(visitor, link, isFault(outlook) ? undefined : outlook)),
        decline: forms.field(c, purposeOf(visitor, link)),
        again: forms.field(c, serversPurpose(visitor)),
      },
      nowMs: clock.now(),
    });
  }

  /** What a sign-in would be, where it is still open. */
  async function outlookOf(
    c: RequestContext,
    visitor: Visitor<Person>,
    { id, state, targetId }: LinkRequest,
  ): Promise<LinkOutlook | Fault | undefined> {
    if (state !== "pending" || targetOf(targetId) === undefined) return undefined;
    return links.outlook(id, toVisitor(visitor), clientGone(c)).catch((error: unknown) => {
      if (isFault(error) && isToldHere(error)) return error;
      throw error;
    });
  }

  /** The visitor's own, and where it is for all, as long as they are an admin. */
  async function getOwn({ person }: Visitor<Person>, id: Id<"link">): Promise<LinkRequest | Fault> {
    try {
      const link = await links.seenBy(person.id, id);
      if (link.owner.kind === "shared" && !people.isAdmin(person)) return unknownRequest();
      return link;
    } catch (error) {
      if (isFault(error, "link_not_found")) return error;
      throw error;
    }
  }

  function refuse(c: RequestContext, { person }: Visitor, id: Id<"link">, fault: Fault): Response {
    const { directory } = person;
    const path = visitors.signInPath(linkPath(id), { directory, other: true });
    const more = html`<p>
        You are signed in as <bdi>${person.email}</bdi>. If it was made for another account of yours,
        <a href="${path}">sign in with that one</a>.
      </p>
      <p class="buttons"><a class="button quiet" href="${linksPath}">Your servers</a></p>`;
    return errorPage(c, fault, { title: "This is not for you", more });
  }
}

/** Of the forms of `/links`. */
export function serversPurpose({ session }: Visitor): string {
  return `links ${session.id}`;
}

/** What was shown is part of it: a form that leads elsewhere by now, or asks for more, is not sent there. */
function purposeOf({ session }: Visitor, { id }: LinkRequest, outlook?: LinkOutlook): string {
  const { mark = "" } = outlook ?? {};
  const shown =
    outlook?.kind === "oauth"
      ? [outlook.issuer, outlook.authorizationEndpoint.href, [...(outlook.scopes ?? [])].toSorted()]
      : [];
  return `link ${id} ${session.id} ${mark} ${JSON.stringify(shown)}`;
}

function toWrong({ code, field, message }: Fault): Wrong {
  if (field === "key")
    return { field, sentence: "A key is one word of letters, digits and signs. Copy it again, all of it." };
  if (code === "credentials_unavailable")
    return {
      field: undefined,
      sentence: `${message.replace(/\.$/, "")}. This may pass: try again in a moment.`,
    };
  return { field: undefined, sentence: message };
}

/** Failures that stand on the request's page; others have a page of their own. */
function isToldHere({ code }: Fault): boolean {
  return code === "invalid_input" || (code in credentialFaults.specs && code !== "link_not_found");
}

function getId(c: RequestContext): Id<"link"> {
  const id = c.req.param("id");
  if (!isId("link", id)) throw unknownRequest();
  return id;
}

function unknownRequest(): Fault {
  return credentialFaults.fault("link_not_found", "There is no request to sign in with this id for you");
}
