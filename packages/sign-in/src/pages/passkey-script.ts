/** The only script of these pages: without one, a browser does not let a page ask for a passkey. */
import { readFileSync } from "node:fs";
import type { Context, Hono } from "hono";

export const passkeyScript = "/sign-in/passkey.js";

const source = readFileSync(new URL("./passkey.js", import.meta.url), "utf8");

export function servePasskeyScript(app: Hono): void {
  app.get(passkeyScript, (c: Context) =>
    c.body(source, 200, {
      "Content-Type": "text/javascript; charset=utf-8",
      // Asked for again with each release of ours.
      "Cache-Control": "no-cache",
    }),
  );
}
