/** `/links`: what somebody can use, what is linked, and what each of their clients sees of it. */
import { visible } from "@castellan/kernel";
import { ago, html, page, type Html } from "@castellan/web";
import type { Context } from "hono";
import type { Account } from "../account.ts";
import { linksPath } from "../links/paths.ts";
import { hostOf } from "../oauth/wire.ts";
import type { Target } from "../target.ts";
import { placeKey } from "./client-choices.ts";
import type { ClientOfPerson, PortalOfPerson, ServerOfPerson } from "./ports.ts";
import type { LinkPerson } from "./visitor.ts";
import { needOf, otherWords, said, scopeWords } from "./words.ts";

const maxScopes = 40;

export interface ServersView {
  readonly person: LinkPerson;
  readonly otherPath: string;
  readonly servers: readonly ServerOfPerson[];
  /** By target. */
  readonly accounts: ReadonlyMap<string, Account>;
  /** Accounts at servers that they cannot use now; without a target: that was removed. */
  readonly others: readonly { readonly account: Account; readonly target: Target | undefined }[];
  /** Ids of targets that they have not seen here before. */
  readonly fresh: ReadonlySet<string>;
  readonly clients: readonly ChoosingClient[];
  readonly formField: Html;
  readonly nowMs: number;
}

export interface ChoosingClient extends ClientOfPerson {
  /** What is switched off for it (`placeKey`). */
  readonly off: ReadonlySet<string>;
  /** Whether somebody came for its sake. */
  readonly isOpen: boolean;
}

export function serversView(c: Context, view: ServersView): Response {
  const { person, servers, others, otherPath } = view;
  const isWanting = ({ target }: ServerOfPerson) =>
    needOf(target) !== undefined && view.accounts.get(target.id)?.state !== "linked";
  const wanting = servers.filter(isWanting);
  return page(c, {
    title: "Your servers",
    isWide: true,
    body: html`<h1>Your servers</h1>
      <p class="muted">
        You are signed in as <bdi>${visible(person.email)}</bdi>. <a href="${otherPath}">Not you?</a>
      </p>
      ${servers.length === 0 && html`<p>There is no server that you may use yet. An admin decides who may use what.</p>`}
      ${
        wanting.length > 0 &&
        html`<h2>These need you</h2>
          <ul class="rows">
            ${wanting.map((server) => row(view, server))}
          </ul>`
      }
      ${portalsOf(servers).map((portal) => section(view, portal, isWanting))}
      ${
        others.length > 0 &&
        html`<h2>Accounts that you cannot use now</h2>
          <p class="muted small">You may not use these servers any more, or they were removed.</p>
          <ul class="rows">
            ${others.map((other) => otherRow(view, other))}
          </ul>`
      }
      ${clients(view)}`,
    foot: html`<a href="/account">Your account</a>`,
  });
}

/** Each server stands once, at the first of its portals. */
function section(
  view: ServersView,
  portal: PortalOfPerson,
  isElsewhere: (server: ServerOfPerson) => boolean,
): Html | undefined {
  const here = view.servers.filter((server) => server.portals[0]?.id === portal.id && !isElsewhere(server));
  if (here.length === 0) return undefined;
  return html`<h2><bdi>${visible(portal.title)}</bdi></h2>
    <ul class="rows">
      ${here.map((server) => row(view, server, portal))}
    </ul>`;
}

function portalsOf(servers: readonly ServerOfPerson[]): PortalOfPerson[] {
  const byId = new Map(
    servers.flatMap(({ portals }) => portals.map((portal) => [portal.id, portal] as const)),
  );
  return [...byId.values()].toSorted((one, other) => one.title.localeCompare(other.title));
}

function row(view: ServersView, { target, portals }: ServerOfPerson, under?: PortalOfPerson): Html {
  const account = view.accounts.get(target.id);
  return html`<li>
    <div>
      <strong>${said(target.title)}</strong>
      ${view.fresh.has(target.id) && html`<span class="small">· new</span>`}
      <div class="small muted">
        <bdi>${hostOf(target.url)}</bdi>${where(portals.filter(({ id }) => id !== under?.id))}
      </div>
      <div class="small">${state(view, target, account)}</div>
    </div>
    ${linkForm(view, target, account)} ${account && unlinkForm(view, account, target.title)}
  </li>`;
}

function where(portals: readonly PortalOfPerson[]): Html {
  return html`${portals.map(({ title }, index) => html`${index === 0 ? " · in " : ", "}<bdi>${visible(title)}</bdi>`)}`;
}

function otherRow(view: ServersView, { account, target }: ServersView["others"][number]): Html {
  return html`<li>
    <div>
      <strong>${target ? said(target.title) : "A server that was removed"}</strong>
      <div class="small muted">linked ${ago(account.linkedAt, view.nowMs)}</div>
    </div>
    ${unlinkForm(view, account, target?.title ?? "a server that was removed")}
  </li>`;
}

/** How it stands, in a sentence or two. */
function state({ nowMs }: ServersView, target: Target, account: Account | undefined): Html {
  const need = needOf(target);
  if (account === undefined) {
    if (need === undefined) return html`${otherWords(target)}`;
    return need === "key" ? html`It needs a key of yours.` : html`It needs an account of yours.`;
  }
  if (account.state === "needs_sign_in")
    return html`<strong>It needs you again</strong>: what was linked ${ago(account.linkedAt, nowMs)} does not
      work any more.`;
  const { linkedFrom, usedAt, scopes, failure } = account;
  return html`Linked
  ${ago(account.linkedAt, nowMs)}${linkedFrom !== undefined && html`, because ${said(linkedFrom)} asked for it`}${usedAt && html`; used ${ago(usedAt, nowMs)}`}.
  ${scopes.length > 0 && html`It may: ${scopeWords(scopes, maxScopes)}.`}
  ${failure && html`Renewing it failed ${ago(failure.at, nowMs)}; it is tried again by itself.`}`;
}

function linkForm(
  { formField }: ServersView,
  target: Target,
  account: Account | undefined,
): Html | undefined {
  const need = needOf(target);
  if (need === undefined) return undefined;
  const text =
    need === "key"
      ? account === undefined
        ? "Enter a key"
        : "Enter another key"
      : account === undefined
        ? "Sign in"
        : "Sign in again";
  const isQuiet = account?.state === "linked";
  return html`<form method="post" action="${linksPath}/servers/${encodeURIComponent(target.id)}/link">
    ${formField}
    <button ${isQuiet && html`class="quiet"`} aria-label="${text}: ${visible(target.title)}">${text}</button>
  </form>`;
}

function unlinkForm({ formField }: ServersView, { id }: Account, title: string): Html {
  return html`<form method="post" action="${linksPath}/accounts/${id}/unlink">
    ${formField}
    <button class="danger" aria-label="Unlink: ${visible(title)}">Unlink</button>
  </form>`;
}

function clients(view: ServersView): Html | undefined {
  const { clients: all, servers } = view;
  if (all.length === 0 || servers.length === 0) return undefined;
  return html`<h2 id="clients">Which of your programs see what</h2>
    <p class="muted small">What you switch off here a program does not see, until you switch it on again.</p>
    ${all.map((client) => clientForm(view, client))}`;
}

function clientForm({ servers, formField }: ServersView, { id, name, off, isOpen }: ChoosingClient): Html {
  return html`<details ${isOpen && html`open`}>
    <summary>${said(name)}${off.size > 0 && ` (${off.size} switched off)`}</summary>
    <form method="post" action="${linksPath}/clients">
      ${formField}
      <input type="hidden" name="client" value="${id}" />
      ${portalsOf(servers).map(
        (portal) =>
          html`<fieldset>
            <legend><bdi>${visible(portal.title)}</bdi></legend>
            ${servers
              .filter(({ portals }) => portals.some((one) => one.id === portal.id))
              .map(({ target }) => box(target, placeKey({ portalId: portal.id, serverId: target.id }), off))}
          </fieldset>`,
      )}
      <p class="buttons"><button>Save</button></p>
    </form>
  </details>`;
}

function box({ title }: Target, key: string, off: ReadonlySet<string>): Html {
  return html`<label class="check">
    <input type="checkbox" name="on" value="${key}" ${!off.has(key) && html`checked`} />
    <span>${said(title)}</span>
  </label>`;
}
