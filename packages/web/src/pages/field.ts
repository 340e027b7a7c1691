/** An input with its label, what helps to fill it in, and what was wrong with it. */
import { html, type Html } from "./html.ts";

export interface FieldOptions {
  /** Also its id, so unique in the page. */
  readonly name: string;
  readonly label: string;
  readonly type?: "text" | "email" | "password";
  /** What password managers and phones go by (HTML, §4.10.18.7): `username webauthn`, `one-time-code`. */
  readonly autocomplete: string;
  readonly value?: string | undefined;
  readonly hint?: string | undefined;
  /** What was wrong with what was sent. */
  readonly wrong?: string | undefined;
  readonly inputmode?: "numeric" | "email";
  readonly maxLength?: number;
  readonly isOptional?: boolean;
  /** The one field of a page where typing begins. Default: the one that was wrong, which may be far down. */
  readonly hasFocus?: boolean;
}

export function field(options: FieldOptions): Html {
  const { name, label, type = "text", hint, wrong, inputmode, isOptional = false } = options;
  const told = [hint !== undefined && `${name}-hint`, wrong !== undefined && `${name}-wrong`].filter(
    (id) => id !== false,
  );
  return html`<div class="field">
    <label for="${name}">${label}</label>
    <input
      id="${name}"
      name="${name}"
      type="${type}"
      autocomplete="${options.autocomplete}"
      value="${options.value ?? ""}"
      maxlength="${options.maxLength ?? 256}"
      spellcheck="false"
      autocapitalize="none"
      ${inputmode && html`inputmode="${inputmode}"`}
      ${!isOptional && html`required`}
      ${(options.hasFocus ?? wrong !== undefined) && html`autofocus`}
      ${wrong !== undefined && html`aria-invalid="true"`}
      ${told.length > 0 && html`aria-describedby="${told.join(" ")}"`}
    />
    ${hint !== undefined && html`<p class="hint" id="${name}-hint">${hint}</p>`}
    ${wrong !== undefined && html`<p class="wrong" id="${name}-wrong" role="alert">${wrong}</p>`}
  </div>`;
}
