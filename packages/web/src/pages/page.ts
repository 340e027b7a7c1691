/** A page that people read: one layout, and a policy that lets a browser do with it what it is for and nothing else. */
import type { Context } from "hono";
import { raw } from "hono/html";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { html, type Html } from "./html.ts";
import { style, styleSource } from "./style.ts";

export interface PageOptions {
  /** Also what the browser's tab says. */
  readonly title: string;
  /** What stands on the card, with its own `h1`. */
  readonly body: Html;
  /** Below the card, small. */
  readonly foot?: Html | undefined;
  /** Default 200. */
  readonly status?: number;
  /** For tables and lists. */
  readonly isWide?: boolean;
  /** Paths of script files of ours; without any, none runs. */
  readonly scripts?: readonly string[];
  /** Where its forms may lead beside this server (`formActionOf`). */
  readonly formActions?: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
}

/** Cookies that were set on the context go with it. */
export function page(c: Context, options: PageOptions): Response {
  const { scripts = [], formActions = [], status = 200 } = options;
  return c.body(`${layout(options)}`, status as ContentfulStatusCode, {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Content-Security-Policy": policy(scripts.length > 0, formActions),
    "X-Frame-Options": "DENY",
    // Without a referrer a browser would send the page's forms with `Origin: null` (Fetch §3.2).
    "Referrer-Policy": "same-origin",
    ...options.headers,
  });
  // No Cross-Origin-Opener-Policy: it would cut a web client off from the window that it opened for signing in.
}

/**
 * The source of `form-action` that lets a form lead to this URL: its origin, or its scheme where that has none.
 * CSP has no spelling for an IPv6 address and for what else a host may hold: then the scheme alone, too.
 */
export function formActionOf(url: URL): string {
  const isHost = /^[a-z0-9.-]+(?::\d+)?$/i.test(url.host);
  const isWeb = url.protocol === "https:" || url.protocol === "http:";
  return isWeb && isHost ? `${url.protocol}//${url.host}` : url.protocol;
}

function policy(hasScripts: boolean, formActions: readonly string[]): string {
  return [
    "default-src 'none'",
    `style-src ${styleSource}`,
    ...(hasScripts ? ["script-src 'self'", "connect-src 'self'"] : []),
    ["form-action 'self'", ...formActions].join(" "),
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join("; ");
}

function layout({ title, body, foot, isWide = false, scripts = [] }: PageOptions): Html {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title} · Castellan</title>
<style>${styleElement}</style>
${scripts.map((path) => html`<script type="module" src="${path}"></script>`)}
</head>
<body${isWide && wide}>
<p class="mark">${mark}<span>Castellan</span></p>
<main>${body}</main>
${foot && html`<footer class="foot">${foot}</footer>`}
</body>
</html>
`;
}

const styleElement = raw(style);
const wide = raw(' class="wide"');
const mark = html`<svg viewBox="0 0 24 24" fill="currentColor" aria-hidden="true">
  <path d="M4 3h3.5v2.5h2.75V3h3.5v2.5h2.75V3H20v6.5l-2 2V21h-4v-4a2 2 0 0 0-4 0v4H6v-9.5l-2-2z" />
</svg>`;
