import { html, page } from "@castellan/web";
import type { Context } from "hono";

/**
 * A link and no redirect: the way to a provider is one to another site, and browsers do not follow a form there
 * (`form-action`).
 */
export function signedOut(c: Context, signInPath: string): Response {
  return page(c, {
    title: "You are not signed in",
    status: 401,
    body: html`<h1>You are not signed in any more</h1>
      <p>Nothing was done. Sign in, and then repeat what you did.</p>
      <p class="buttons"><a class="button" href="${signInPath}">Sign in</a></p>`,
  });
}
