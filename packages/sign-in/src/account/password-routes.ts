/** The password of one's own: set, changed, removed, always together with its codes. */
import type { Context, Hono } from "hono";
import { findPassword } from "../local/password-store.ts";
import { addProof, removeProof } from "../local/proofs.ts";
import {
  offerTotp,
  openOffer,
  parseSetUp,
  passwordSetUpForm,
  type TotpOffer,
} from "../pages/password-set-up.ts";
import type { Parts } from "../parts.ts";
import type { SignedIn } from "../signed-in.ts";
import { donePath } from "./done.ts";
import { assertLocal } from "./local-account.ts";
import { passwordView, type ToldWrong } from "./proof-views.ts";
import { purposeOf, toWrong, withFreshProof } from "./signed-in-route.ts";

const path = "/account/password";

export function addPasswordRoutes(app: Hono, parts: Parts): void {
  const { database, forms, vault } = parts;

  app.get(path, (c) =>
    withFreshProof(c, parts, { returnTo: path, run: (signedIn) => show(c, signedIn, {}) }),
  );

  app.post(path, (c) =>
    withFreshProof(c, parts, {
      returnTo: path,
      run: async (signedIn) => {
        const { user } = signedIn;
        const sent = await forms.read(c, purposeOf(user), path);
        let offer: TotpOffer | undefined;
        try {
          offer = openOffer(vault, user.id, sent.get("totp") ?? "");
          await assertLocal(database, user.id);
          const password = await parseSetUp(sent, { holder: user, offer }, parts);
          await database.transaction((tx) => addProof(tx, vault, user.id, { kind: "password", ...password }));
          return c.redirect(donePath("password"), 303);
        } catch (error) {
          return show(c, signedIn, { ...(offer && { offer }), wrong: toWrong(error) });
        }
      },
    }),
  );

  app.post(`${path}/remove`, (c) =>
    withFreshProof(c, parts, {
      returnTo: path,
      run: async (signedIn) => {
        await forms.read(c, purposeOf(signedIn.user), path);
        try {
          await removeProof(database, signedIn.user.id, { kind: "password" });
          return c.redirect(donePath("password-removed"), 303);
        } catch (error) {
          return show(c, signedIn, { wrong: toWrong(error) });
        }
      },
    }),
  );

  async function show(
    c: Context,
    { user }: SignedIn,
    { offer = offerTotp(vault, user.id), wrong }: { offer?: TotpOffer; wrong?: ToldWrong },
  ): Promise<Response> {
    await assertLocal(database, user.id);
    const fields = forms.field(c, purposeOf(user));
    const hasPassword = (await findPassword(database, vault, user.id)) !== undefined;
    const button = hasPassword ? "Change the password" : "Set the password";
    return passwordView(c, {
      fields,
      hasPassword,
      setUp: passwordSetUpForm({
        action: path,
        fields,
        holder: user,
        host: parts.host,
        offer,
        button,
        wrong,
      }),
      wrong,
    });
  }
}
