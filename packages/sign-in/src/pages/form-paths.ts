/**
 * Where forms are sent to there is nothing to read. Whoever opens such an address by hand, or has it opened again by a
 * browser that shows what was wrong with a form, is sent to the page with the form.
 */
import type { Hono } from "hono";

/** Each below its page. */
const formPaths = [
  ["/sign-in", ["password", "passkey"]],
  ["/welcome/:secret", ["who", "password", "passkey"]],
  ["/account", ["apps/end", "browsers/end", "browsers/end-others"]],
  ["/account/password", ["remove"]],
  ["/account/passkeys/:id", ["rename", "remove"]],
] as const;

export function addWaysBack(app: Hono): void {
  for (const [page, forms] of formPaths)
    for (const form of forms)
      app.get(`${page}/${form}`, (c) => c.redirect(c.req.path.slice(0, -form.length - 1), 302));
}
