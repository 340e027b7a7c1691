/** The page on which people say who they are. */
import { field, html, page, type Html } from "@castellan/web";
import type { Context } from "hono";
import type { OfferedProvider, SignInAim } from "../ports.ts";
import { aimQuery } from "../return-to.ts";
import { passkeyForm } from "./passkey-form.ts";
import { passkeyScript } from "./passkey-script.ts";

export interface SignInView {
  readonly aim: SignInAim;
  readonly providers: readonly OfferedProvider[];
  /** The parts of the page for accounts of the house; undefined: there are none. */
  readonly local: LocalView | undefined;
  /** Who is signed in already, and has to do it again or as somebody else. */
  readonly current: { readonly email: string; readonly isOther: boolean } | undefined;
}

export interface LocalView {
  /** Hidden inputs of the two forms. */
  readonly passwordFields: Html;
  readonly passkeyFields: Html;
  /** Absent where browsers know no passkeys. */
  readonly passkeyOptions: string | undefined;
  readonly email: string;
  readonly wrong?: { readonly form: "password" | "passkey"; readonly sentence: string } | undefined;
}

export interface Told {
  readonly status: number;
  readonly retryAfterSeconds: number | undefined;
}

export function signInView(c: Context, view: SignInView, told?: Told): Response {
  const { aim, providers, local, current } = view;
  const title = aim.other ? "Sign in as somebody else" : aim.again ? "Sign in again" : "Sign in";
  return page(c, {
    title,
    status: told?.status ?? 200,
    ...(told?.retryAfterSeconds !== undefined && {
      headers: { "Retry-After": String(told.retryAfterSeconds) },
    }),
    ...(local?.passkeyOptions !== undefined && { scripts: [passkeyScript] }),
    foot: local && html`You cannot get in any more? An admin can make you a new link.`,
    body: html`<h1>${title}</h1>
      ${current && remark(current, aim)} ${providers.length > 0 && providerLinks(aim, providers)}
      ${local && localForms(local, { isSecond: providers.length > 0 })}
      ${providers.length === 0 && !local && (aim.directory === "workforce" ? nobodyYet : noCustomersYet)}`,
  });
}

function remark({ email, isOther }: { email: string; isOther: boolean }, { other }: SignInAim): Html {
  if (other)
    return html`<p>
      You are signed in as <strong>${email}</strong>. You are signed out as soon as somebody else signs in
      here.
    </p>`;
  return isOther
    ? html`<p class="notice">
        You are signed in as <strong>${email}</strong>, who has no access here. Sign in with another account
        to go on.
      </p>`
    : html`<p>
        You are signed in as <strong>${email}</strong>. To go on, prove once more that it is you, or sign in
        as somebody else.
      </p>`;
}

function providerLinks(aim: SignInAim, providers: readonly OfferedProvider[]): Html {
  return html`<div class="buttons">
    ${providers.map(
      ({ slug, title }) =>
        html`<a class="button" href="/sign-in/with/${slug}?${aimQuery(aim)}">Continue with ${title}</a>`,
    )}
  </div>`;
}

function localForms(local: LocalView, { isSecond }: { isSecond: boolean }): Html {
  const { wrong, passkeyOptions } = local;
  return html`${
    isSecond &&
    html`<hr />
      <h2>Or with an account of this site</h2>`
  }
${
  passkeyOptions !== undefined &&
  html`${passkeyForm({
      action: "/sign-in/passkey",
      ceremony: "get",
      options: passkeyOptions,
      button: "Use a passkey",
      fields: local.passkeyFields,
      wrong: wrong?.form === "passkey" ? wrong.sentence : undefined,
      isQuiet: isSecond,
    })}
    <hr />`
}
<form method="post" action="/sign-in/password">
${local.passwordFields}
${wrong?.form === "password" && html`<p class="notice error" role="alert">${wrong.sentence}</p>`}
${field({ name: "email", label: "E-mail", type: "email", inputmode: "email", autocomplete: "username", value: local.email, maxLength: 254 })}
${field({ name: "password", label: "Password", type: "password", autocomplete: "current-password" })}
${field({
  name: "code",
  label: "Code",
  autocomplete: "one-time-code",
  inputmode: "numeric",
  maxLength: 10,
  hint: "The six digits that your authenticator app shows now",
})}
<p class="buttons"><button${(isSecond || passkeyOptions !== undefined) && quiet}>Sign in</button></p>
</form>`;
}

const quiet = html` class="quiet"`;

const nobodyYet = html`<p>
  Nobody can sign in here yet. If you have just installed Castellan: the link that makes the first account is
  in the file <code>first-owner-link</code> of its data folder.
</p>`;

const noCustomersYet = html`<p>Customers cannot sign in here yet.</p>`;
