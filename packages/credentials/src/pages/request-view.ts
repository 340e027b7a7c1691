/** `/links/requests/{id}`: what set it off, where somebody would sign in and for what, and what became of it. */
import { visible } from "@castellan/kernel";
import { ago, field, html, page, type Html } from "@castellan/web";
import type { Context } from "hono";
import type { Account } from "../account.ts";
import { knownAuth } from "../auth/known-auth.ts";
import type { LinkRequest } from "../link.ts";
import type { LinkOutlook } from "../links/links.ts";
import { linkPath, linksPath } from "../links/paths.ts";
import { hostOf } from "../oauth/wire.ts";
import type { Target } from "../target.ts";
import { settledView } from "./settled-view.ts";
import type { LinkPerson } from "./visitor.ts";
import { said, scopeWords } from "./words.ts";

export interface RequestView {
  readonly link: LinkRequest;
  /** Undefined: the server was removed. */
  readonly target: Target | undefined;
  readonly account: Account | undefined;
  readonly person: LinkPerson;
  /** For somebody else: where they sign in. */
  readonly otherPath: string;
  /** Undefined where it is settled, or nobody can tell. */
  readonly outlook: LinkOutlook | undefined;
  readonly wrong: Wrong | undefined;
  /** The hidden input for each form. */
  readonly fields: { readonly meet: Html; readonly decline: Html; readonly again: Html };
  readonly nowMs: number;
}

export interface Wrong {
  readonly field: string | undefined;
  readonly sentence: string;
}

export function requestView(c: Context, view: RequestView): Response {
  const { link, target, person, otherPath, outlook, wrong } = view;
  const foot = html`<a href="${linksPath}">Your servers</a>`;
  if (link.state !== "pending" || target === undefined) return settledView(c, { ...view, foot });
  const isKey = outlook?.kind === "key";
  const title = said(target.title);
  return page(c, {
    title: `${isKey ? "Your key for" : "Sign in at"} ${visible(target.title)}`,
    status: wrong === undefined ? 200 : wrong.field === undefined ? 502 : 400,
    // The way back leads through whatever its authorization server is made of: several hosts, more often than not.
    formActions: outlook?.kind === "oauth" ? schemesOf(outlook.authorizationEndpoint) : [],
    body: html`<h1>${isKey ? html`Enter your key for ${title}?` : html`Sign in at ${title}?`}</h1>
      ${wrong && wrong.field === undefined && html`<p class="notice error" role="alert">${wrong.sentence}</p>`}
      ${why(view)}
      <p class="muted">
        You are signed in to Castellan as <bdi>${visible(person.email)}</bdi>.
        <a href="${otherPath}">Not you?</a>
      </p>
      ${link.owner.kind === "shared" && sharedNote(target)} ${facts(view, target)}
      ${outlook?.kind === "oauth" && signIn(view, outlook)}
      ${outlook?.kind === "key" && key(view, outlook, target)}
      ${outlook === undefined && html`<p class="buttons"><a class="button" href="${linkPath(link.id)}">Try again</a></p>`}
      <hr />
      <form method="post" action="${linkPath(link.id)}/decline">
        ${view.fields.decline}
        <p class="muted small">
          ${link.from === undefined ? "You can do this later, too." : "Did you not begin this, or do you not want it now? Then nothing is linked."}
        </p>
        <p class="buttons"><button class="quiet">Not now</button></p>
      </form>`,
    foot,
  });
}

function schemesOf({ protocol }: URL): string[] {
  return protocol === "https:" ? ["https:"] : ["https:", "http:"];
}

/** What set it off, and what is wanted. */
function why({ link: { from, owner, scopes }, account, outlook }: RequestView): Html {
  return html`<p>
    ${
      from &&
      html`A program that
      ${from.clientName === "" ? "gives no name" : html`calls itself ${said(from.clientName)}`}
      ${owner.kind === "shared" ? "asks for this in your name" : "wants to use this server for you"}${from.portal !== undefined && html`, through the portal <bdi>${visible(from.portal)}</bdi>`}.`
    }
    ${wanted({ account, isMore: scopes.length > 0, isShared: owner.kind === "shared", isKey: outlook?.kind === "key" })}
  </p>`;
}

interface Wanted {
  readonly account: Account | undefined;
  readonly isMore: boolean;
  readonly isShared: boolean;
  readonly isKey: boolean;
}

function wanted({ account, isMore, isShared, isKey }: Wanted): string {
  if (account === undefined) {
    if (isShared) return "Castellan needs an account there.";
    return isKey
      ? "Each person uses it with a key of their own."
      : "Each person uses it with their own account.";
  }
  if (account.state === "needs_sign_in")
    return isKey
      ? "The key that you entered before does not work any more."
      : "What you linked before does not work any more: sign in again.";
  if (isMore) return "That needs more than you allowed there before.";
  return "It is linked already. If you do it again, also with another account, that takes its place.";
}

/** Of an account for all: whose it should be, and what it is used for. */
function sharedNote(target: Target): Html {
  const auth = knownAuth(target);
  const use =
    auth.kind === "shared_account"
      ? "all calls to the server are made with it"
      : auth.kind === "own_account" && auth.programs === "shared"
        ? "Castellan reads with it what the server offers, and programs call with it"
        : "Castellan reads with it what the server offers";
  return html`<p class="notice warning">
    This sign-in is for everybody: ${use}. Sign in with an account that was made for that, not with your own.
  </p>`;
}

function facts({ link, outlook, nowMs }: RequestView, target: Target): Html {
  const scopes = outlook?.kind === "oauth" ? outlook.scopes : undefined;
  return html`<dl>
    <dt>Server</dt>
    <dd><bdi>${hostOf(target.url)}</bdi></dd>
    ${
      outlook?.kind === "oauth" &&
      html`<dt>You sign in at</dt>
        <dd>
          <strong><bdi>${outlook.authorizationEndpoint.host}</bdi></strong
          >${by(outlook)}
        </dd>`
    }
    ${
      outlook?.kind === "oauth" &&
      html`<dt>For</dt>
        <dd>
          ${scopes === undefined || scopes.length === 0 ? "what that server decides" : scopeWords(scopes)}
        </dd>`
    }
    ${
      link.from !== undefined &&
      html`<dt>Asked</dt>
        <dd>${ago(link.askedAt, nowMs)}</dd>`
    }
  </dl>`;
}

/** Who else gets to know what comes of it: the page to sign in at may be anybody's, and be named by anybody. */
function by({ issuer, authorizationEndpoint }: { issuer: string; authorizationEndpoint: URL }): Html | false {
  const host = hostOf(issuer);
  return host !== authorizationEndpoint.host && html`, for <strong><bdi>${host}</bdi></strong>`;
}

function signIn(
  { link, fields }: RequestView,
  { authorizationEndpoint }: { authorizationEndpoint: URL },
): Html {
  const whose = link.owner.kind === "shared" ? "" : " It is used for your own calls only.";
  return html`<p>
      You go to <bdi>${authorizationEndpoint.host}</bdi>, sign in there, and come back. Castellan never sees
      your password.${whose} You can unlink it at any time.
    </p>
    <form method="post" action="${linkPath(link.id)}/begin">
      ${fields.meet}
      <p class="buttons"><button>Continue to ${authorizationEndpoint.host}</button></p>
    </form>`;
}

function key(
  { link, fields, wrong }: RequestView,
  { hint }: { readonly hint: string | undefined },
  target: Target,
): Html {
  return html`<p>
      Castellan keeps your key sealed, sends it to <bdi>${hostOf(target.url)}</bdi> with your own calls only,
      and shows it to nobody again.
    </p>
    ${hint !== undefined && keyHint(hint)}
    <form method="post" action="${linkPath(link.id)}/key">
      ${fields.meet}
      ${field({ name: "key", label: "Your key", type: "password", autocomplete: "off", maxLength: 8192, wrong: wrong?.field === "key" ? wrong.sentence : undefined })}
      <p class="buttons"><button>Link</button></p>
    </form>`;
}

/** An admin's word: an address is made one to follow. */
function keyHint(hint: string): Html {
  const isAddress = URL.parse(hint)?.protocol === "https:";
  return isAddress
    ? html`<p>You get a key at <a href="${hint}" rel="noreferrer" target="_blank">${visible(hint)}</a>.</p>`
    : html`<p>Where you get a key: ${said(hint)}</p>`;
}
