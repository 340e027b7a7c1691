/** `/account`: what is one's own, and how it ends. */
import type { SignInSession, User } from "@castellan/access";
import { visible } from "@castellan/kernel";
import { ago, day, html, page, type Html } from "@castellan/web";
import type { Context } from "hono";
import type { Passkey } from "../local/passkey-store.ts";
import { browserName } from "../pages/browser-name.ts";
import type { ConnectedApp } from "./connected-apps.ts";
import { scopesInWords } from "./scopes-in-words.ts";

export interface AccountView {
  readonly user: User;
  readonly session: SignInSession;
  /** What the provider is called that they came by; undefined: they have an account of the house. */
  readonly provider: string | undefined;
  readonly sessions: readonly SignInSession[];
  readonly apps: readonly ConnectedApp[];
  /** Undefined: they have no account of the house. */
  readonly proofs: ProofsOfAccount | undefined;
  readonly done: string | undefined;
  readonly nowMs: number;
  /** The hidden input for each form of the page. */
  readonly field: Html;
}

export interface ProofsOfAccount {
  readonly passkeys: readonly Passkey[];
  readonly passwordChangedAt: Date | undefined;
  /** Whether browsers know passkeys here. */
  readonly canAddPasskey: boolean;
}

export function accountView(c: Context, view: AccountView): Response {
  const { user, done, field } = view;
  return page(c, {
    title: "Your account",
    isWide: true,
    body: html`<h1>Your account</h1>
      ${done !== undefined && html`<p class="notice good" role="status">${done}</p>`}
      <dl>
        <dt>Name</dt>
        <dd>${user.name}</dd>
        <dt>E-mail</dt>
        <dd>${user.email}</dd>
        ${
          user.directory === "workforce" &&
          html`<dt>Role</dt>
            <dd>${user.role}</dd>`
        }
        <dt>Groups</dt>
        <dd>${user.groups.length > 0 ? user.groups.join(", ") : "none"}</dd>
        <dt>Signed in</dt>
        <dd>${howSignedIn(view)}</dd>
      </dl>
      <form method="post" action="/sign-out">
        ${field}
        <p class="buttons"><button class="quiet">Sign out of this browser</button></p>
      </form>
      ${clients(view)} ${browsers(view)} ${proofs(view)}`,
    foot: html`<a href="/links">Your servers: where you have linked an account</a><br />
      <a href="/approvals">Approvals: what waits for you, and what you asked for</a>`,
  });
}

function howSignedIn({ session, provider, nowMs }: AccountView): Html {
  return html`${provider === undefined ? "with your account here" : html`with ${provider}`},
  ${ago(session.createdAt, nowMs)}`;
}

function clients({ apps, nowMs, field }: AccountView): Html {
  if (apps.length === 0)
    return html`<h2>Connected apps</h2>
      <p class="muted">No app is connected. An app appears here when you let it in.</p>`;
  return html`<h2>Connected apps</h2>
    <p class="muted">What each may do in your name. An app that you disconnect has to ask you again.</p>
    <ul class="rows">
      ${apps.map(
        (app) =>
          html`<li>
            <div>
              <strong>${visible(app.clientName)}</strong>
              <div class="small">
                ${app.portal === undefined ? "the API" : html`portal ${app.portal}`}: may
                ${scopesInWords(app)}
              </div>
              <div class="small muted">
                since ${day(app.since)},
                ${app.lastUsedAt ? html`last used ${ago(app.lastUsedAt, nowMs)}` : "never used"}, until
                ${day(app.until)} at the latest
              </div>
            </div>
            ${button("/account/apps/end", field, { id: app.id, text: "Disconnect", about: visible(app.clientName) })}
          </li>`,
      )}
    </ul>`;
}

function browsers({ session, sessions, nowMs, field }: AccountView): Html {
  const others = sessions.filter(({ id }) => id !== session.id);
  return html`<h2>Browsers</h2>
    <p class="muted">
      Where you are signed in. Signing another browser out from here also disconnects the apps that were let
      in from it.
    </p>
    <ul class="rows">
      ${[session, ...others].map((one) => {
        const name = browserName(one.userAgent);
        return html`<li>
          <div>
            <strong>${name}</strong
            >${one.id === session.id && html` <span class="muted">(this browser)</span>`}
            <div class="small muted">
              since ${day(one.createdAt)}, last used
              ${ago(one.lastUsedAt, nowMs)}${one.address !== "" && html`, from ${one.address}`}
            </div>
          </div>
          ${one.id !== session.id && button("/account/browsers/end", field, { id: one.id, text: "Sign out", about: name })}
        </li>`;
      })}
    </ul>
    ${
      others.length > 0 &&
      html`<form method="post" action="/account/browsers/end-others">
        ${field}
        <p class="buttons"><button class="quiet">Sign out everywhere else</button></p>
      </form>`
    }`;
}

function proofs({ proofs, nowMs }: AccountView): Html | undefined {
  if (!proofs) return undefined;
  const { passkeys, passwordChangedAt, canAddPasskey } = proofs;
  return html`<h2>Passkeys</h2>
    ${
      passkeys.length === 0
        ? html`<p class="muted">
            ${canAddPasskey ? "You have none yet." : "Passkeys do not work at this address: it has no domain name."}
          </p>`
        : html`<ul class="rows">
            ${passkeys.map(
              ({ id, name, createdAt, lastUsedAt }) =>
                html`<li>
                  <div>
                    <strong>${name}</strong>
                    <div class="small muted">
                      since ${day(createdAt)},
                      ${lastUsedAt ? html`last used ${ago(lastUsedAt, nowMs)}` : "never used"}
                    </div>
                  </div>
                  <a class="button quiet" href="/account/passkeys/${id}" aria-label="Change ${name}"
                    >Change</a
                  >
                </li>`,
            )}
          </ul>`
    }
    ${canAddPasskey && html`<p class="buttons"><a class="button quiet" href="/account/new-passkey">Add a passkey</a></p>`}
    <h2>Password</h2>
    <p class="muted">
      ${passwordChangedAt ? html`You have a password and an app for codes, since ${day(passwordChangedAt)}.` : "You have no password. You do not need one as long as you have a passkey."}
    </p>
    <p class="buttons">
      <a class="button quiet" href="/account/password"
        >${passwordChangedAt ? "Change or remove it" : "Set a password"}</a
      >
    </p>`;
}

function button(
  action: string,
  field: Html,
  { id, text, about }: { id: string; text: string; about: string },
): Html {
  return html`<form method="post" action="${action}">
    ${field}<input type="hidden" name="id" value="${id}" /><button
      class="danger"
      aria-label="${text} ${about}"
    >
      ${text}
    </button>
  </form>`;
}
