/** A form that is answered by a passkey (`passkey.js`). */
import { html, type Html } from "@castellan/web";

export interface PasskeyFormOptions {
  readonly action: string;
  readonly ceremony: "create" | "get";
  /** JSON for the browser (`Passkeys`). */
  readonly options: string;
  readonly button: string;
  /** The hidden input that makes it a form of ours, and what else belongs to it. */
  readonly fields: Html;
  /** What went wrong the last time. */
  readonly wrong?: string | undefined;
  readonly isQuiet?: boolean;
}

export function passkeyForm(form: PasskeyFormOptions): Html {
  const { action, ceremony, options, button, fields, wrong, isQuiet = false } = form;
  return html`<form method="post" action="${action}" data-passkey="${ceremony}" data-options="${options}">
    ${fields}
    <input type="hidden" name="credential" />
    <p class="notice error" role="alert" ${wrong === undefined && html`hidden`}>${wrong ?? ""}</p>
    <noscript><p class="notice">Passkeys need JavaScript, which is turned off in this browser.</p></noscript>
    <p class="buttons"><button ${isQuiet && html`class="quiet"`}>${button}</button></p>
  </form>`;
}
