/**
 * Where people link their accounts.
 *
 *     GET  /links                              your servers: what is linked, what each needs
 *     POST /links/servers/{id}/link            begin to link one
 *     POST /links/accounts/{id}/unlink         unlink one
 *     POST /links/clients                      which of them a client of yours may use
 *     GET  /links/requests/{id}                what set a request off, and where you would sign in
 *     POST /links/requests/{id}/begin          off to the authorization server
 *     POST /links/requests/{id}/key            a key that you entered
 *     POST /links/requests/{id}/decline        not now
 *     GET  /links/callback/{issuerKey}         back from the authorization server
 *     GET  /links/client/{issuerKey}.json      this installation as a client (CIMD)
 *
 * Opening a page links nothing: an address that somebody was sent may have been sent by anybody. A form belongs to the
 * browser, the session and what was shown; whoever comes back from elsewhere is the one who went (`Links.finish`).
 */
import { atOwnAddress, type Forms } from "@castellan/web";
import { Hono } from "hono";
import type { Clock } from "@castellan/kernel";
import type { Accounts } from "../accounts/accounts.ts";
import type { Links } from "../links/links.ts";
import { linksPath } from "../links/paths.ts";
import type { OAuth } from "../oauth/oauth.ts";
import type { Target } from "../target.ts";
import { addCallbackRoutes } from "./callback-routes.ts";
import { addRequestRoutes } from "./request-routes.ts";
import { addServerRoutes } from "./server-routes.ts";
import type { PageChoices, PagePeople } from "./ports.ts";
import type { LinkPerson, Visitors } from "./visitor.ts";

export interface LinkPagesOptions<Person extends LinkPerson = LinkPerson> {
  readonly links: Links;
  readonly accounts: Pick<Accounts, "find" | "ofPerson" | "unlink">;
  readonly oauth: Pick<OAuth, "clientMetadata">;
  readonly visitors: Visitors<Person>;
  readonly forms: Forms;
  readonly clock: Clock;
  readonly publicUrl: string;
  /** As it is now; undefined: it is gone. */
  readonly targetOf: (id: string) => Target | undefined;
  readonly people: PagePeople<Person>;
  readonly choices: PageChoices;
}

/** To be mounted at `/`; `linksPath` is one of `WebAppSettings.pagePaths`. */
export function createLinkPages<Person extends LinkPerson>(options: LinkPagesOptions<Person>): Hono {
  const app = new Hono();
  for (const path of [linksPath, `${linksPath}/*`]) app.use(path, atOwnAddress(options.publicUrl));
  addServerRoutes(app, options);
  addCallbackRoutes(app, options);
  // Its paths have any name in the place of theirs: they come last.
  addRequestRoutes(app, options);
  return app;
}
