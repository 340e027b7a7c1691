/** The page on which a person decides on a client. */
import type { Role, ToolClass, User } from "@castellan/access";
import { html, type Html } from "@castellan/web";
import type { Introduction } from "./introduction.ts";
import { piecesOf, type AskedServer, type Piece, type Question } from "./question.ts";

export interface ConsentView {
  readonly client: Introduction;
  readonly user: User;
  /** For somebody else: where they sign in. */
  readonly otherPath: string;
  /** How long what is given lasts. */
  readonly lastsSeconds: number;
  /** Where the form is sent. */
  readonly action: string;
  /** The hidden field that makes the form ours. */
  readonly formField: Html;
}

export interface PortalConsentView extends ConsentView {
  readonly portalTitle: string;
  readonly question: Question;
  /** What was ticked, where the form is shown again because it would give nothing. */
  readonly again: { readonly ticked: readonly string[] } | undefined;
}

export function portalConsent(view: PortalConsentView): Html {
  const { client, question, portalTitle, again } = view;
  const asked = withPieces(question, "asked");
  const held = withPieces(question, "held");
  const more = withPieces(question, "more");
  return html`${heading(client, portalTitle)} ${introduction(view)}
    <form method="post" action="${view.action}">
      ${view.formField}
      <h2>${askedHeading(question)}</h2>
      ${
        again !== undefined &&
        html`<p class="notice error" role="alert">
          Tick at least one thing that it may do, or do not let it in.
        </p>`
      }
      ${asked.map((server) => boxes(server, again?.ticked))}
      ${
        question.isBeyondRights &&
        html`<p class="muted small">It asked for more than you may use yourself. That is left out.</p>`
      }
      ${wholeNote(view)}
      ${
        more.length > 0 &&
        html`<details ${(again !== undefined || asked.length === 0) && html`open`}>
          <summary>More that you could allow</summary>
          ${more.map((server) => boxes(server, again?.ticked))}
        </details>`
      }
      ${held.length > 0 && html`<h2>What it may do already</h2>`} ${held.map(alreadyHeld)} ${decision(view)}
    </form>`;
}

/** The same for the HTTP API, where there is nothing to choose from. */
export function apiConsent(view: ConsentView & { readonly isHeld: boolean }): Html {
  return html`${heading(view.client, "Castellan itself")} ${introduction(view)}
    <form method="post" action="${view.action}">
      ${view.formField}
      <h2>What it asks for</h2>
      <p>${roleWords[view.user.role]}</p>
      <p>It could also approve or reject, in your name, what others ask you to decide.</p>
      ${view.isHeld && html`<p class="muted">You have allowed this before.</p>`} ${decision(view)}
    </form>`;
}

function heading({ name }: Introduction, what: string): Html {
  return html`<h1>Let <bdi class="said">${name}</bdi> use <bdi>${what}</bdi>?</h1>`;
}

export function signedInAs(user: User, otherPath: string): Html {
  return html`<p class="muted">
    You are signed in as <bdi>${user.name}</bdi> (<bdi>${user.email}</bdi>).
    <a href="${otherPath}">Not you?</a>
  </p>`;
}

function introduction({ client, user, otherPath }: ConsentView): Html {
  return html`${signedInAs(user, otherPath)}
    <p>
      ${client.known} Access is handed to <strong><bdi>${client.destination}</bdi></strong
      >.
    </p>
    ${client.warning !== undefined && html`<p class="notice warning">${client.warning}</p>`}`;
}

function decision({ lastsSeconds }: ConsentView): Html {
  return html`<p class="muted small">
      This lasts for ${duration(lastsSeconds)}. It acts in your name until then. You can end it at any time in
      <a href="/account">your account</a>.
    </p>
    <p class="buttons">
      <button name="decision" value="allow">Allow</button>
      <button name="decision" value="deny" class="quiet">Do not allow</button>
    </p>`;
}

function askedHeading(question: Question): string {
  const has = (status: Piece["status"]) => piecesOf(question).some((piece) => piece.status === status);
  if (has("asked")) return "What it asks for";
  return has("held") ? "It asks for nothing new" : "It asks for nothing that you can allow";
}

/** The servers that have pieces of this status, with these only. */
function withPieces({ servers }: Question, status: Piece["status"]): AskedServer[] {
  return servers
    .map((server) => ({ ...server, pieces: server.pieces.filter((piece) => piece.status === status) }))
    .filter(({ pieces }) => pieces.length > 0);
}

function boxes({ title, pieces }: AskedServer, ticked: readonly string[] | undefined): Html {
  return html`<fieldset>
    <legend><bdi>${title}</bdi></legend>
    ${pieces.map(
      ({ toolClass, scope, tools, status }) =>
        html`<label class="check">
          <input
            type="checkbox"
            name="use"
            value="${scope}"
            ${(ticked?.includes(scope) ?? status === "asked") && html`checked`}
          />
          <span>
            ${classWords[toolClass].does} <span class="muted small">${toolCount(toolClass, tools)}</span>
          </span>
        </label>`,
    )}
  </fieldset>`;
}

function alreadyHeld({ title, pieces }: AskedServer): Html {
  const can = pieces.map(({ toolClass }) => classWords[toolClass].does).join(" · ");
  return html`<p>
    <strong><bdi>${title}</bdi></strong> <span class="muted">${can}</span>
  </p>`;
}

function wholeNote({ question, portalTitle }: PortalConsentView): Html | undefined {
  const kinds = question.whole.filter((toolClass) =>
    piecesOf(question).some((piece) => piece.toolClass === toolClass && piece.status !== "held"),
  );
  if (kinds.length === 0) return undefined;
  return html`<p class="muted small">
    If all boxes for ${listed(kinds.map((kind) => classWords[kind].noun))} stay ticked, servers that are added
    to
    <bdi>${portalTitle}</bdi> later are included.
  </p>`;
}

const classWords: Readonly<Record<ToolClass, { readonly does: string; readonly noun: string }>> = {
  read: { does: "Look things up", noun: "looking up" },
  write: { does: "Create and change things", noun: "changing" },
  destructive: { does: "Delete and overwrite things", noun: "deleting" },
};

const roleWords: Readonly<Record<Role, string>> = {
  owner:
    "It could change everything in Castellan that you may as an owner: servers, portals, people, and who else is an owner.",
  admin:
    "It could change everything in Castellan that you may as an admin: servers, portals, people and their access.",
  auditor:
    "It could read everything in Castellan that you may as an auditor, the record of all calls included.",
  developer:
    "It could read how servers and portals are set up, and end what you have allowed to other programs.",
  member: "It could see and end what you have allowed to other programs.",
};

/** Prompts and resources are read as well, so there may be something to look up without a tool for it. */
function toolCount(toolClass: ToolClass, tools: number): string {
  if (toolClass === "read" && tools === 0) return "documents and prompts";
  return tools === 1 ? "1 tool" : `${tools} tools`;
}

function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1) ?? ""}`;
}

/** `14 days`, `36 hours`, `20 minutes`: in the largest unit of which there are two, rounded down. */
export function duration(seconds: number): string {
  const [size, unit] = units.find(([one]) => seconds >= 2 * one) ?? [60, "minutes"];
  return `${Math.max(1, Math.floor(seconds / size))} ${unit}`;
}

const units = [
  [86_400, "days"],
  [3600, "hours"],
  [60, "minutes"],
] as const;
