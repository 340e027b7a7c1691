/**
 * Every authorization passes here: a person who is signed in with this browser sees what a client asks for and decides.
 *
 *     GET  /oauth/consent/{uid}          the page that is due: sign in, choose a portal, decide, or nothing to give
 *     POST /oauth/consent/{uid}          the decision
 *     POST /oauth/consent/{uid}/portal   the portal, if the client named none
 *
 * A request belongs to the browser in which it began (`AuthorizationRequests`). A form belongs to the browser, the
 * session, the request and the portal that it was made for, and holds ticks and nothing else. So nobody decides for
 * somebody else, nor on another thing than was shown.
 */
import { apiScope } from "@castellan/access";
import { visible } from "@castellan/kernel";
import { formActionOf, html, page, type Forms } from "@castellan/web";
import type { Context, Hono } from "hono";
import type {
  AuthorizationRequest,
  AuthorizationRequests,
  ConsentPages,
  OAuthError,
  SignedIn,
  SignIn,
} from "../ports.ts";
import { scopesGiven } from "./answer.ts";
import { apiConsent, portalConsent } from "./consent-view.ts";
import { directoryOf, dueFor, mustProve, type Due, type DueOptions } from "./due.ts";
import { introduce, shown } from "./introduction.ts";
import { keptOut, noAccess, portalChoice } from "./portal-view.ts";

export interface ConsentOptions extends DueOptions {
  /** Where the routes are added. */
  readonly app: Hono;
  readonly signIn: SignIn;
  readonly forms: Forms;
  /** How long what is given lasts. */
  readonly grantSeconds: number;
}

export function createConsentPages(options: ConsentOptions): ConsentPages {
  return { mount: (requests) => addRoutes(options, requests), refused };
}

/** A request, who decides on it, and what they decide on. */
interface Case {
  readonly request: AuthorizationRequest;
  readonly by: SignedIn;
  readonly due: Due;
}

function addRoutes(options: ConsentOptions, requests: AuthorizationRequests): void {
  const { app, signIn, forms } = options;

  /** The case as it stands, or the redirect to what must come first. */
  async function open(c: Context<object, "/:uid">): Promise<Case | Response> {
    const request = await requests.get(c, c.req.param("uid"));
    const by = await signIn.current(c);
    if (by === undefined || mustProve(request, by)) return c.redirect(signInFor(request));
    return { request, by, due: await dueFor(options, request, { by, c }) };
  }

  function signInFor(request: AuthorizationRequest, other = false): string {
    const directory = directoryOf(request);
    return signIn.signInPath(requests.path(request.uid), {
      again: request.asksForProof,
      other,
      ...(directory !== undefined && { directory }),
    });
  }

  function show(c: Context, { request, by, due }: Case, again?: { ticked: readonly string[] }): Response {
    const path = requests.path(request.uid);
    const client = introduce(request.client, request.redirectUri);
    const view = {
      client,
      user: by.user,
      otherPath: signInFor(request, true),
      action: path,
      lastsSeconds: options.grantSeconds,
      formField: forms.field(c, purposeOf(request, by, due)),
    };
    const formActions = formActionsOf(request);
    switch (due.kind) {
      case "portal": {
        const { portal, question } = due;
        const body = portalConsent({ ...view, portalTitle: portal.title, question, again });
        const status = again === undefined ? 200 : 400;
        return page(c, { title: `Let ${client.name} use ${portal.title}?`, body, formActions, status });
      }
      case "api": {
        const body = apiConsent({ ...view, isHeld: due.isHeld });
        return page(c, { title: `Let ${client.name} use Castellan?`, body, formActions });
      }
      case "choice": {
        const body = portalChoice({ ...view, action: `${path}/portal` }, due.portals);
        return page(c, { title: "Choose a portal", body });
      }
      case "nothing":
        return page(c, { title: "No access", body: noAccess(view), formActions, status: 403 });
      case "kept_out":
        return page(c, { title: "No access", body: keptOut(view), formActions, status: 403 });
    }
  }

  app.get("/oauth/consent/:uid", async (c) => {
    const opened = await open(c);
    if (opened instanceof Response) return opened;
    const { request, due } = opened;
    if (due.kind !== "choice" || due.only === undefined) return show(c, opened);
    await requests.choose(c, request.uid, due.only);
    return c.redirect(requests.path(request.uid));
  });

  // Whoever has the form's address opened again comes to where they are by now.
  app.get("/oauth/consent/:uid/portal", (c) => c.redirect(requests.path(c.req.param("uid"))));

  app.post("/oauth/consent/:uid/portal", async (c) => {
    const opened = await open(c);
    if (opened instanceof Response) return opened;
    const { request, by, due } = opened;
    const path = requests.path(request.uid);
    const chosen = (await forms.read(c, purposeOf(request, by, due), path)).get("portal");
    if (due.kind === "choice" && due.portals.some(({ slug }) => slug === chosen))
      await requests.choose(c, request.uid, chosen ?? "");
    return c.redirect(path, 303);
  });

  app.post("/oauth/consent/:uid", async (c) => {
    const opened = await open(c);
    if (opened instanceof Response) return opened;
    const { request, by, due } = opened;
    const { uid } = request;
    const form = await forms.read(c, purposeOf(request, by, due), requests.path(uid));
    // Whatever is not a clear yes is a no.
    if (form.get("decision") !== "allow" || due.kind === "nothing" || due.kind === "kept_out")
      return c.redirect(await requests.deny(c, uid), 303);
    if (due.kind === "choice") return c.redirect(requests.path(uid), 303);
    const ticked = form.getAll("use");
    const scopes = due.kind === "api" ? [apiScope] : scopesGiven(due.question, ticked);
    if (scopes === undefined) return show(c, opened, { ticked });
    return c.redirect(await requests.allow(c, uid, by, scopes), 303);
  });
}

function purposeOf({ uid }: AuthorizationRequest, { session }: SignedIn, due: Due): string {
  return `oauth.consent ${uid} ${session.id} ${due.kind} ${due.kind === "portal" ? due.portal.slug : ""}`;
}

/**
 * Chromium holds every redirect that follows a form to `form-action`. The first is the client's redirect URI; where that
 * sends the browser on to is the client's affair, so that any https site may follow.
 */
function formActionsOf({ redirectUri }: AuthorizationRequest): string[] {
  return [formActionOf(new URL(redirectUri)), "https:"];
}

function refused(c: Context, { error, description, status }: OAuthError, back?: URL): Response {
  const told = description === undefined ? error : `${error}: ${description}`;
  return page(c, {
    title: "This cannot be answered",
    status,
    body: html`<h1>This cannot be answered</h1>
      <p>The program that sent you here asked in a way that cannot be answered. It was given nothing.</p>
      <p class="notice"><bdi>${visible(told)}</bdi></p>
      <p class="muted">
        Go back to it and try again. If that does not help, tell its maker what stands above.
      </p>
      ${
        back &&
        html`<p>
          It wants to be told at <a href="${back.href}"><bdi>${shown(back.host)}</bdi></a
          >. Go there only if that is where you came from.
        </p>`
      }`,
  });
}
