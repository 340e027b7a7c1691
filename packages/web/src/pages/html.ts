/**
 * HTML by template: what is put into it is escaped unless it is HTML itself. The types leave out promises and
 * objects, so what comes out is there at once, and nothing is shown as `[object Object]`.
 */
import { html as template } from "hono/html";
import type { HtmlEscapedString } from "hono/utils/html";

/** A piece of a page that is escaped already. */
export type Html = HtmlEscapedString;

/** `false` and `undefined` show as nothing. */
export type HtmlValue = string | number | Html | false | undefined | readonly HtmlValue[];

/** Attributes must be quoted in the template. */
export function html(strings: TemplateStringsArray, ...values: HtmlValue[]): Html {
  return template(strings, ...values) as Html;
}
