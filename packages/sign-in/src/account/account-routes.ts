/** `/account` and what its forms are sent to. */
import { endGrantsBeside, pageGrants } from "@castellan/access";
import { isId } from "@castellan/kernel";
import type { Context, Hono } from "hono";
import { listPasskeys } from "../local/passkey-store.ts";
import { findPassword } from "../local/password-store.ts";
import type { Parts } from "../parts.ts";
import { signInPath } from "../return-to.ts";
import type { SignedIn } from "../signed-in.ts";
import { accountView, type ProofsOfAccount } from "./account-view.ts";
import { connectedApps } from "./connected-apps.ts";
import { doneOf, donePath } from "./done.ts";
import { addPasskeyRoutes } from "./passkey-routes.ts";
import { addPasswordRoutes } from "./password-routes.ts";
import { purposeOf, withSignedIn } from "./signed-in-route.ts";

const maxGrants = 200;

export function addAccountRoutes(app: Hono, parts: Parts): void {
  const { browsers, clock, database, forms, sessions } = parts;

  app.get("/account", async (c) => {
    const signedIn = await browsers.current(c);
    return signedIn ? show(c, signedIn) : c.redirect(signInPath("/account"), 302);
  });

  app.post("/account/apps/end", (c) =>
    withSignedIn(c, parts, async ({ user }, sent) => {
      const id = sent.get("id") ?? "";
      if (isId("grant", id))
        await endGrantsBeside(database, id, { now: new Date(clock.now()), userId: user.id });
      return c.redirect(donePath("app"), 303);
    }),
  );

  app.post("/account/browsers/end", (c) =>
    withSignedIn(c, parts, async ({ user }, sent) => {
      const id = sent.get("id") ?? "";
      if (isId("signIn", id)) await sessions.end(id, { userId: user.id });
      return c.redirect(donePath("browser"), 303);
    }),
  );

  app.post("/account/browsers/end-others", (c) =>
    withSignedIn(c, parts, async ({ user, session }) => {
      await sessions.endOthers(user.id, session.id);
      return c.redirect(donePath("browsers"), 303);
    }),
  );

  addPasskeyRoutes(app, parts);
  addPasswordRoutes(app, parts);

  async function show(c: Context, { user, session }: SignedIn): Promise<Response> {
    const nowMs = clock.now();
    const [listed, grants, proofs, offered] = await Promise.all([
      sessions.list(user.id),
      pageGrants(database, { userId: user.id, livingAt: new Date(nowMs), limit: maxGrants }),
      proofsOf(user.id),
      parts.providers.offered(user.directory),
    ]);
    const provider = offered.find(({ slug }) => slug === session.provider)?.title ?? session.provider;
    return accountView(c, {
      user,
      session,
      provider: session.provider === "local" ? undefined : provider,
      sessions: listed,
      apps: connectedApps(grants),
      proofs,
      done: doneOf(c.req.query("done")),
      nowMs,
      field: forms.field(c, purposeOf(user)),
    });
  }

  async function proofsOf(userId: SignedIn["user"]["id"]): Promise<ProofsOfAccount | undefined> {
    const [passkeys, password] = [
      await listPasskeys(database, userId),
      await findPassword(database, parts.vault, userId),
    ];
    if (passkeys.length === 0 && !password) return undefined;
    return {
      passkeys,
      passwordChangedAt: password?.changedAt,
      canAddPasskey: parts.passkeys.isAvailable,
    };
  }
}
