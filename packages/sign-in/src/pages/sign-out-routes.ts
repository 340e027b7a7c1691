/** `/sign-out`: a page with a button, since a link that signs out could stand on any page of anybody's. */
import { html, page } from "@castellan/web";
import type { Hono } from "hono";
import { purposeOf } from "../account/signed-in-route.ts";
import type { Parts } from "../parts.ts";

export function addSignOutRoutes(app: Hono, { browsers, forms }: Parts): void {
  app.get("/sign-out", async (c) => {
    const signedIn = await browsers.current(c);
    if (!signedIn) return page(c, signedOut);
    const { user } = signedIn;
    return page(c, {
      title: "Sign out",
      body: html`<h1>Sign out?</h1>
        <p>
          You are signed in as <strong>${user.email}</strong>. Apps that you have let in stay connected; you
          can disconnect them in <a href="/account">your account</a>.
        </p>
        <form method="post" action="/sign-out">
          ${forms.field(c, purposeOf(user))}
          <p class="buttons"><button>Sign out</button></p>
        </form>`,
    });
  });

  app.post("/sign-out", async (c) => {
    const signedIn = await browsers.current(c);
    if (!signedIn) return page(c, signedOut);
    await forms.read(c, purposeOf(signedIn.user), "/sign-out");
    await browsers.signOut(c);
    return page(c, signedOut);
  });
}

const signedOut = {
  title: "Signed out",
  body: html`<h1>You are signed out</h1>
    <p>Apps that you have let in stay connected. To see or disconnect them, sign in to your account.</p>
    <p class="buttons"><a class="button quiet" href="/sign-in">Sign in</a></p>`,
};
