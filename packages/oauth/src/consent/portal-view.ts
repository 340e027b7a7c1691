/** The pages for a client that did not say where it wants to go, and for a person who may not go there. */
import type { User } from "@castellan/access";
import { html, type Html } from "@castellan/web";
import type { PortalForConsent } from "../ports.ts";
import { signedInAs } from "./consent-view.ts";
import type { Introduction } from "./introduction.ts";

export interface PortalViewOptions {
  readonly client: Introduction;
  readonly user: User;
  readonly otherPath: string;
  /** Where the form is sent. */
  readonly action: string;
  readonly formField: Html;
}

export function portalChoice(view: PortalViewOptions, portals: readonly PortalForConsent[]): Html {
  return html`<h1>What is <bdi class="said">${view.client.name}</bdi> to use?</h1>
    ${signedInAs(view.user, view.otherPath)}
    <p>It did not say. Choose one; what it may do there comes next.</p>
    <form method="post" action="${view.action}">
      ${view.formField}
      <ul class="rows">
        ${portals.map(
          ({ slug, title, servers }) =>
            html`<li>
              <span>
                <strong><bdi>${title}</bdi></strong
                ><br />
                <span class="muted small"
                  >${servers.length === 1 ? "1 server" : `${servers.length} servers`}</span
                >
              </span>
              <button name="portal" value="${slug}" class="quiet">
                Choose<span class="hidden"> ${title}</span>
              </button>
            </li>`,
        )}
      </ul>
    </form>`;
}

/** It names no portal that the person may not know of. */
export function noAccess(view: PortalViewOptions): Html {
  return html`<h1>This is not open to you</h1>
    ${signedInAs(view.user, view.otherPath)}
    <p>
      <bdi class="said">${view.client.name}</bdi> wants to use something here that you have no access to. Ask
      the person who gave you its address, or an admin, to let you in.
    </p>
    ${wayBack(view)}`;
}

/** It says that there are rules, and not which: whoever wants to get around them learns nothing. */
export function keptOut(view: PortalViewOptions): Html {
  return html`<h1>You cannot let this in from here</h1>
    ${signedInAs(view.user, view.otherPath)}
    <p>
      <bdi class="said">${view.client.name}</bdi> wants to use something here that is kept from you by rules:
      because of who you are, how you signed in, or where you are now. Ask an admin if you need it.
    </p>
    ${wayBack(view)}`;
}

function wayBack({ action, formField }: PortalViewOptions): Html {
  return html`<form method="post" action="${action}">
    ${formField}
    <p class="buttons">
      <button name="decision" value="deny">Go back to the program</button>
    </p>
  </form>`;
}
