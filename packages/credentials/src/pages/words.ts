/** Servers, accounts and what strangers say, in plain words. */
import { visible } from "@castellan/kernel";
import { html, type Html } from "@castellan/web";
import { knownAuth } from "../auth/known-auth.ts";
import type { Target } from "../target.ts";

const maxSaid = 200;

/** A stranger's text, so that it cannot be taken for ours, nor for something else than it is. */
export function said(text: string): Html {
  const isLong = text.length > maxSaid;
  return html`<bdi class="said">${visible(isLong ? `${text.slice(0, maxSaid)}…` : text)}</bdi>`;
}

/** Scopes under their own names: what they mean only the server knows. `max`: of more their number is told. */
export function scopeWords(scopes: readonly string[], maxScopes = scopes.length): Html {
  const more = scopes.length - maxScopes;
  return html`${scopes.slice(0, maxScopes).map((scope, index) => html`${index > 0 && ", "}${said(scope)}`)}${more > 0 && ` and ${more} more`}`;
}

/** How a person has to do with a server. */
export type Need = "sign-in" | "key" | undefined;

export function needOf(target: Target): Need {
  const { kind } = knownAuth(target);
  if (kind === "own_account") return "sign-in";
  return kind === "own_key" ? "key" : undefined;
}

/** Of a server where nobody links anything. */
export function otherWords(target: Target): string {
  switch (knownAuth(target).kind) {
    case "identity":
    case "token_exchange":
    case "id_jag":
      return "It knows you by your sign-in here. There is nothing to link.";
    case "none":
      return "It needs no account.";
    default:
      return "It is used with an account that an admin has set up for everybody.";
  }
}
