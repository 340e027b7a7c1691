/** The pages on which people change how they sign in. */
import { field, html, page, type Html } from "@castellan/web";
import type { Context } from "hono";
import type { Passkey } from "../local/passkey-store.ts";
import { passkeyForm } from "../pages/passkey-form.ts";
import { passkeyScript } from "../pages/passkey-script.ts";

export interface ToldWrong {
  readonly status: number;
  readonly field: string | undefined;
  readonly sentence: string;
}

interface FormView {
  /** The hidden input for each form of the page. */
  readonly fields: Html;
  readonly wrong?: ToldWrong | undefined;
}

export function newPasskeyView(
  c: Context,
  { fields, options, wrong }: FormView & { options: string },
): Response {
  return page(c, {
    title: "Add a passkey",
    status: wrong?.status ?? 200,
    scripts: [passkeyScript],
    body: html`<h1>Add a passkey</h1>
      <p>
        Your browser asks where to keep it: on this device, with your password manager, on your phone or on a
        security key.
      </p>
      ${passkeyForm({ action: "/account/new-passkey", ceremony: "create", options, button: "Add a passkey", fields, wrong: wrong?.sentence })}
      ${back}`,
  });
}

export function passkeyView(
  c: Context,
  { fields, passkey, wrong }: FormView & { passkey: Passkey },
): Response {
  const path = `/account/passkeys/${passkey.id}`;
  const isName = wrong?.field === "name";
  return page(c, {
    title: passkey.name,
    status: wrong?.status ?? 200,
    body: html`<h1>${passkey.name}</h1>
      <form method="post" action="${path}/rename">
        ${fields}
        ${field({ name: "name", label: "Name", autocomplete: "off", value: passkey.name, maxLength: 64, wrong: isName ? wrong.sentence : undefined })}
        <p class="buttons"><button>Rename</button></p>
      </form>
      <h2>Remove it</h2>
      <p>It opens this account no more. Remove it on your device as well: this site cannot do that.</p>
      ${wrong && !isName && html`<p class="notice error" role="alert">${wrong.sentence}</p>`}
      <form method="post" action="${path}/remove">
        ${fields}
        <p class="buttons"><button class="danger">Remove this passkey</button></p>
      </form>
      ${back}`,
  });
}

export interface PasswordView extends FormView {
  readonly setUp: Html;
  readonly hasPassword: boolean;
}

export function passwordView(c: Context, { fields, setUp, hasPassword, wrong }: PasswordView): Response {
  const title = hasPassword ? "Change your password" : "Set a password";
  return page(c, {
    title,
    status: wrong?.status ?? 200,
    body: html`<h1>${title}</h1>
      ${hasPassword && html`<p>The old password, and the codes that belong to it, stop working.</p>`} ${setUp}
      ${
        hasPassword &&
        html`<hr />
          <h2>Remove it</h2>
          <form method="post" action="/account/password/remove">
            ${fields}
            <p class="buttons"><button class="danger">Remove the password</button></p>
          </form>`
      }
      ${back}`,
  });
}

const back = html`<hr />
  <p><a href="/account">Back to your account</a></p>`;
