/** Back from an authorization server, and what such servers are told of this installation. */
import { isFault, isId, type Fault } from "@castellan/kernel";
import { clientGone, errorPage, html, webFaults } from "@castellan/web";
import type { Context, Hono } from "hono";
import { credentialFaults } from "../faults.ts";
import { linkPath, linksPath } from "../links/paths.ts";
import { callbackPath, clientMetadataPath } from "../oauth/own-client.ts";
import type { LinkPagesOptions } from "./link-pages.ts";
import { signedOut } from "./signed-out.ts";
import { toLinkVisitor, type LinkPerson } from "./visitor.ts";

export function addCallbackRoutes<Person extends LinkPerson>(
  app: Hono,
  { links, visitors, oauth, people, publicUrl }: LinkPagesOptions<Person>,
): void {
  app.get(`${callbackPath}/:issuerKey`, async (c) => {
    const visitor = await visitors.current(c);
    // What came is of no use after a new sign-in: it belongs to the session that has ended.
    if (!visitor) return signedOut(c, visitors.signInPath(linksPath));
    const { pathname, search } = new URL(c.req.url);
    try {
      const link = await links.finish(
        new URL(pathname + search, publicUrl),
        toLinkVisitor(visitor, people.isAdmin(visitor.person)),
        clientGone(c),
      );
      // Away from an address with a code in it.
      return c.redirect(linkPath(link.id), 303);
    } catch (error) {
      if (!isFault(error) || !(error.code in credentialFaults.specs)) throw error;
      return failed(c, error);
    }
  });

  app.get(`${clientMetadataPath}/:file`, (c) => {
    const [, key = ""] = /^([a-z0-9]+)\.json$/.exec(c.req.param("file")) ?? [];
    const document = oauth.clientMetadata(key);
    if (document === undefined) throw webFaults.fault("route_unknown", "There is nothing at this path");
    return c.json(document, 200, { "Cache-Control": "public, max-age=3600" });
  });
}

function failed(c: Context, fault: Fault): Response {
  const linkId = fault.data?.["linkId"];
  const isKnown = typeof linkId === "string" && isId("link", linkId);
  const isOver = fault.code === "link_expired";
  return errorPage(c, fault, {
    title: titles[fault.code] ?? "The sign-in did not work",
    more: html`<p>Nothing was linked.</p>
      <p class="buttons">
        ${isKnown && html`<a class="button" href="${linkPath(linkId)}">${isOver ? "Look at it" : "Try again"}</a>`}
        <a class="button quiet" href="${linksPath}">Your servers</a>
      </p>`,
  });
}

const titles: Readonly<Record<string, string>> = {
  link_declined: "You did not allow it there",
  link_not_found: "This sign-in is not yours, or is over",
  link_expired: "This took too long",
  upstream_auth_invalid: "Something is not right there",
  credentials_unavailable: "The other server does not answer",
};
