/** `/sign-in` and what its forms are sent to. */
import { isFault, isPrintable, type Fault } from "@castellan/kernel";
import { clientAddress, html, type Html } from "@castellan/web";
import { accessFaults, type User } from "@castellan/access";
import type { Context, Hono } from "hono";
import { signInFaults } from "../faults.ts";
import { hasLocalAccounts } from "../local/proofs.ts";
import type { Parts } from "../parts.ts";
import type { SignInAim } from "../ports.ts";
import { aimQuery, readAim, toAim } from "../return-to.ts";
import { servePasskeyScript } from "./passkey-script.ts";
import { signInView, type LocalView } from "./sign-in-view.ts";

const passwordForm = "sign-in.password";
const passkeyPurpose = "sign-in.passkey";

export function addSignInRoutes(app: Hono, parts: Parts): void {
  const { browsers, forms, passkeys, passwords, people, providers, tries } = parts;
  servePasskeyScript(app);

  app.get("/sign-in", async (c) => {
    const aim = readAim(c);
    const current = await browsers.current(c);
    if (current && !aim.again && !aim.other && current.user.directory === aim.directory)
      return c.redirect(aim.returnTo, 303);
    const offered = await providers.offered(aim.directory);
    const hasLocal = c.req.query("local") === "1" || (await hasLocalAccounts(parts.database, aim.directory));
    const [only, ...others] = offered;
    if (only && others.length === 0 && !hasLocal)
      return c.redirect(`/sign-in/with/${only.slug}?${aimQuery(aim)}`, 302);
    return show(c, aim, {});
  });

  app.post("/sign-in/password", async (c) => {
    const sent = await forms.read(c, passwordForm, "/sign-in");
    const aim = toAim((name) => sent.get(name));
    const email = printable(sent.get("email")?.trim() ?? "");
    try {
      const { user, amr } = await passwords.prove(c, {
        directory: aim.directory,
        email,
        password: sent.get("password") ?? "",
        code: sent.get("code") ?? "",
      });
      return await browsers.finish(c, { user, provider: "local", amr, returnTo: aim.returnTo });
    } catch (error) {
      return refuse(c, aim, { error, form: "password", email });
    }
  });

  app.post("/sign-in/passkey", async (c) => {
    const sent = await forms.read(c, passkeyPurpose, "/sign-in");
    const aim = toAim((name) => sent.get(name));
    try {
      const attempt = await tries.fromAddress(c);
      const ceremony = { purpose: passkeyPurpose, browser: forms.browser(c) };
      const { userId, amr } = await passkeys.verifyRequest(sent.get("credential") ?? "", ceremony);
      const user = await people.get(userId);
      assertWelcome(user, aim);
      await attempt.succeed(user);
      return await browsers.finish(c, { user, provider: "local", amr, returnTo: aim.returnTo });
    } catch (error) {
      return refuse(c, aim, { error, form: "passkey", email: "" });
    }
  });

  /** Shows the page again with what was wrong, if it is for whoever reads it. */
  function refuse(
    c: Context,
    aim: SignInAim,
    { error, form, email }: { error: unknown; form: "password" | "passkey"; email: string },
  ): Promise<Response> {
    if (!isFault(error) || !isToldHere(error)) throw error;
    parts.onSignIn({
      outcome: "refused",
      code: error.code,
      provider: "local",
      userId: undefined,
      address: clientAddress(c),
    });
    return show(c, aim, { email, fault: error, form });
  }

  async function show(
    c: Context,
    aim: SignInAim,
    { email = "", fault, form }: { email?: string; fault?: Fault; form?: "password" | "passkey" },
  ): Promise<Response> {
    const [offered, current] = [await providers.offered(aim.directory), await browsers.current(c)];
    const hasLocal =
      form !== undefined ||
      c.req.query("local") === "1" ||
      (await hasLocalAccounts(parts.database, aim.directory));
    const retryAfter = fault?.data?.["retryAfterSeconds"];
    return signInView(
      c,
      {
        aim,
        providers: offered,
        local: hasLocal
          ? await localView(c, aim, { email, wrong: fault && form && { form, sentence: fault.message } })
          : undefined,
        current: current && {
          email: current.user.email,
          isOther: current.user.directory !== aim.directory,
        },
      },
      fault && {
        status: fault.status,
        retryAfterSeconds: typeof retryAfter === "number" ? retryAfter : undefined,
      },
    );
  }

  async function localView(
    c: Context,
    aim: SignInAim,
    { email, wrong }: Pick<LocalView, "email" | "wrong">,
  ): Promise<LocalView> {
    const ceremony = { purpose: passkeyPurpose, browser: forms.browser(c) };
    return {
      passwordFields: html`${forms.field(c, passwordForm)}${aimFields(aim)}`,
      passkeyFields: html`${forms.field(c, passkeyPurpose)}${aimFields(aim)}`,
      passkeyOptions: passkeys.isAvailable ? await passkeys.requestOptions(ceremony) : undefined,
      email,
      wrong,
    };
  }
}

/** What is no line of text is nobody's address, and cannot be looked for. */
function printable(text: string): string {
  return isPrintable(text) ? text : "";
}

/** Failures that stand beside the form; others have a page of their own. */
function isToldHere({ code }: Fault): boolean {
  return code in signInFaults.specs || code === "account_suspended";
}

/** Whoever has proved who they are may know why they are not let in. */
function assertWelcome(user: User, { directory }: SignInAim): void {
  if (user.status !== "active")
    throw accessFaults.fault("account_suspended", "This account is suspended; ask an admin");
  if (user.directory === directory) return;
  throw signInFaults.fault(
    "account_elsewhere",
    directory === "workforce"
      ? "This account is a customer's. Sign in with an account of the company."
      : "This account is one of the company's own. Sign in with a customer's account.",
  );
}

function aimFields(aim: SignInAim): Html {
  return html`${[...new URLSearchParams(aimQuery(aim))].map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`,
  )}`;
}
