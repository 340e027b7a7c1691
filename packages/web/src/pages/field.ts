/** An input, or room for a text, with its label, what helps to fill it in, and what was wrong with it. */
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
  /** A text of several lines, this high, in place of a line; it has no type. */
  readonly rows?: number;
  /** The one field of a page where typing begins. Default: the one that was wrong, which may be far down. */
  readonly hasFocus?: boolean;
}

export function field(options: FieldOptions): Html {
  const { name, label, type = "text", hint, wrong, inputmode, isOptional = false, rows } = options;
  const told = [hint !== undefined && `${name}-hint`, wrong !== undefined && `${name}-wrong`].filter(
    (id) => id !== false,
  );
  const state = html`${!isOptional && html`required`}
  ${(options.hasFocus ?? wrong !== undefined) && html`autofocus`}
  ${wrong !== undefined && html`aria-invalid="true"`}
  ${told.length > 0 && html`aria-describedby="${told.join(" ")}"`}`;
  return html`<div class="field">
    <label for="${name}">${label}</label>
    ${
      rows === undefined
        ? html`<input
            id="${name}"
            name="${name}"
            type="${type}"
            autocomplete="${options.autocomplete}"
            value="${options.value ?? ""}"
            maxlength="${options.maxLength ?? 256}"
            spellcheck="false"
            autocapitalize="none"
            ${inputmode && html`inputmode="${inputmode}"`}
            ${state}
          />`
        : html`<textarea
            id="${name}"
            name="${name}"
            rows="${rows}"
            autocomplete="${options.autocomplete}"
            maxlength="${options.maxLength ?? 256}"
            ${state}
          >
${options.value ?? ""}</textarea>`
    }
    ${hint !== undefined && html`<p class="hint" id="${name}-hint">${hint}</p>`}
    ${wrong !== undefined && html`<p class="wrong" id="${name}-wrong" role="alert">${wrong}</p>`}
  </div>`;
}
