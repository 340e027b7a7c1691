/** The pages behind a one-time link. */
import { field, html, page, type Html } from "@castellan/web";
import type { Context } from "hono";
import { passkeyForm } from "../pages/passkey-form.ts";
import { passkeyScript } from "../pages/passkey-script.ts";

export interface Wrong {
  /** 400 or what the failure says. */
  readonly status: number;
  readonly field: string | undefined;
  readonly sentence: string;
}

export interface FirstOwnerView {
  readonly action: string;
  readonly fields: Html;
  readonly email: string;
  readonly name: string;
  readonly wrong?: Wrong | undefined;
}

/** Who are you? Only the first owner is asked. */
export function firstOwnerView(c: Context, view: FirstOwnerView): Response {
  const { action, fields, email, name, wrong } = view;
  const wrongAt = (at: string) => (wrong?.field === at ? wrong.sentence : undefined);
  return page(c, {
    title: "Welcome to Castellan",
    status: wrong?.status ?? 200,
    body: html`<h1>Welcome to Castellan</h1>
      <p>
        You are the first one here, so you become its owner: you can do everything, and you can add others
        later.
      </p>
      <form method="post" action="${action}">
        ${fields}
        ${field({ name: "name", label: "Your name", autocomplete: "name", value: name, maxLength: 128, wrong: wrongAt("name") })}
        ${field({ name: "email", label: "Your e-mail", type: "email", inputmode: "email", autocomplete: "email", value: email, maxLength: 254, wrong: wrongAt("email") })}
        <p class="buttons"><button>Continue</button></p>
      </form>`,
  });
}

export interface ProofsView {
  readonly name: string;
  readonly email: string;
  /** Absent where browsers know no passkeys. */
  readonly passkey:
    | {
        readonly action: string;
        readonly fields: Html;
        readonly options: string;
        readonly wrong?: string | undefined;
      }
    | undefined;
  /** `password-set-up.ts` */
  readonly password: Html;
  /** Begin with the part about the password: it is what was sent, and something was wrong with it. */
  readonly isPasswordOpen: boolean;
  /** They have a passkey or a password already. */
  readonly replaces: boolean;
  readonly status: number;
}

/** How will you sign in from now on? */
export function proofsView(c: Context, view: ProofsView): Response {
  const { name, email, passkey, password, isPasswordOpen, replaces, status } = view;
  return page(c, {
    title: "Choose how you sign in",
    status,
    ...(passkey && { scripts: [passkeyScript] }),
    body: html`<h1>Welcome, ${name}</h1>
      <p>
        Choose how you sign in as <strong>${email}</strong> from now
        on.${replaces && html` What you had before stops working, and you are signed out everywhere else.`}
      </p>
      ${
        passkey
          ? withPasskey(passkey, password, isPasswordOpen)
          : html`<h2>Password and code</h2>
              ${password}`
      }`,
  });
}

function withPasskey(
  passkey: NonNullable<ProofsView["passkey"]>,
  password: Html,
  isPasswordOpen: boolean,
): Html {
  return html`<h2>With a passkey</h2>
    <p>
      Your fingerprint, your face or the PIN of your device. There is nothing to remember and nothing to type.
    </p>
    ${passkeyForm({ ...passkey, ceremony: "create", button: "Make a passkey" })}
    <hr />
    <details ${isPasswordOpen && html`open`}>
      <summary>With a password and codes from an app instead</summary>
      ${password}
    </details>`;
}
