/** Passkeys of one's own: added, renamed, removed. */
import { invalidInput, isPrintable } from "@castellan/kernel";
import { requestHeader } from "@castellan/web";
import type { Context, Hono } from "hono";
import { signInFaults } from "../faults.ts";
import { listPasskeys, renamePasskey, type Passkey } from "../local/passkey-store.ts";
import { addProof, removeProof } from "../local/proofs.ts";
import { browserName } from "../pages/browser-name.ts";
import type { Parts } from "../parts.ts";
import type { SignedIn } from "../signed-in.ts";
import { donePath } from "./done.ts";
import { assertLocal } from "./local-account.ts";
import { newPasskeyView, passkeyView, type ToldWrong } from "./proof-views.ts";
import { purposeOf, toWrong, withFreshProof } from "./signed-in-route.ts";

const newPath = "/account/new-passkey";
const maxNameLength = 64;

export function addPasskeyRoutes(app: Hono, parts: Parts): void {
  const { clock, database, forms, passkeys, vault } = parts;

  app.get(newPath, (c) =>
    withFreshProof(c, parts, { returnTo: newPath, run: (signedIn) => showNew(c, signedIn) }),
  );

  app.post(newPath, (c) =>
    withFreshProof(c, parts, {
      returnTo: newPath,
      run: async (signedIn) => {
        const { user } = signedIn;
        const sent = await forms.read(c, purposeOf(user), newPath);
        try {
          await assertLocal(database, user.id);
          const credential = await passkeys.verifyCreation(
            sent.get("credential") ?? "",
            user,
            ceremonyOf(c, signedIn),
          );
          const name = browserName(requestHeader(c, "user-agent") ?? "");
          const proof = { kind: "passkey", credential, name, nowMs: clock.now() } as const;
          await database.transaction((tx) => addProof(tx, vault, user.id, proof));
          return c.redirect(donePath("passkey-added"), 303);
        } catch (error) {
          return showNew(c, signedIn, toWrong(error));
        }
      },
    }),
  );

  app.get("/account/passkeys/:id", (c) => onOne(c, async (signedIn, passkey) => show(c, signedIn, passkey)));

  app.post("/account/passkeys/:id/rename", (c) =>
    onOne(c, async (signedIn, passkey) => {
      const sent = await forms.read(c, purposeOf(signedIn.user), pathOf(passkey));
      const name = sent.get("name")?.trim() ?? "";
      try {
        if (name === "" || name.length > maxNameLength || !isPrintable(name))
          throw invalidInput([
            { field: "name", reason: `must be 1 to ${maxNameLength} printable characters` },
          ]);
        await renamePasskey(database, passkey, name);
        return c.redirect(donePath("passkey-renamed"), 303);
      } catch (error) {
        return show(c, signedIn, passkey, toWrong(error));
      }
    }),
  );

  app.post("/account/passkeys/:id/remove", (c) =>
    onOne(c, async (signedIn, passkey) => {
      await forms.read(c, purposeOf(signedIn.user), pathOf(passkey));
      try {
        await removeProof(database, signedIn.user.id, { kind: "passkey", id: passkey.id });
        return c.redirect(donePath("passkey-removed"), 303);
      } catch (error) {
        return show(c, signedIn, passkey, toWrong(error));
      }
    }),
  );

  function onOne(
    c: Context,
    run: (signedIn: SignedIn, passkey: Passkey) => Promise<Response>,
  ): Promise<Response> {
    const id = c.req.param("id");
    return withFreshProof(c, parts, {
      returnTo: `/account/passkeys/${id}`,
      run: async (signedIn) => {
        const all = await listPasskeys(database, signedIn.user.id);
        const passkey = all.find((one) => one.id === id);
        if (!passkey)
          throw signInFaults.fault("passkey_not_found", "There is no such passkey in your account.");
        return run(signedIn, passkey);
      },
    });
  }

  async function showNew(c: Context, signedIn: SignedIn, wrong?: ToldWrong): Promise<Response> {
    const { user } = signedIn;
    await assertLocal(database, user.id);
    return newPasskeyView(c, {
      fields: forms.field(c, purposeOf(user)),
      options: await passkeys.creationOptions(user, ceremonyOf(c, signedIn)),
      wrong,
    });
  }

  function show(c: Context, { user }: SignedIn, passkey: Passkey, wrong?: ToldWrong): Response {
    return passkeyView(c, { fields: forms.field(c, purposeOf(user)), passkey, wrong });
  }

  function ceremonyOf(c: Context, { user }: SignedIn) {
    return { purpose: `account.passkey ${user.id}`, browser: forms.browser(c) };
  }
}

function pathOf({ id }: Passkey): string {
  return `/account/passkeys/${id}`;
}
