/**
 * Forms that only our own pages can send. Each holds a token made for one purpose and one browser: it says when it
 * expires, and its MAC covers that, the purpose, and a random cookie that only this browser has. So a token that somebody
 * else was given, or that was given for another form, is worth nothing; and nothing has to be stored.
 *
 * That a form is sent once only is not said here: what it does must not be doable twice.
 */
import { randomBytes, timingSafeEqual } from "node:crypto";
import type { Clock } from "@castellan/kernel";
import type { Context } from "hono";
import { webFaults } from "../faults.ts";
import { requestHeader } from "../inbound/environment.ts";
import { readBody } from "../inbound/read-body.ts";
import type { Cookies } from "./cookies.ts";
import { html, type Html } from "./html.ts";

export interface Forms {
  /**
   * The hidden input for a form that is posted; sets the browser's cookie where it has none. A purpose names the form
   * and what it is about, such as whom: `account.end-session usr_…`.
   */
  field(c: Context, purpose: string): Html;
  /**
   * What was posted, of a form with that field.
   *
   * @param back path of the page to open again, for whoever is told `form_stale`; default: where it was posted to
   * @throws form_stale · body_too_large · body_incomplete · content_encoding_unsupported
   */
  read(c: Context, purpose: string, back?: string): Promise<URLSearchParams>;
  /** What only this browser has, to bind something else of a form to it: for a MAC, never to be shown. */
  browser(c: Context): string;
}

export interface FormsOptions {
  readonly cookies: Cookies;
  readonly publicUrl: string;
  readonly clock: Clock;
  /** HMAC under a key of its own for the purpose (the vault's). */
  readonly mac: (purpose: string, data: string) => Uint8Array;
}

const cookie = "forms";
const fieldName = "form_token";
const lifetimeSeconds = 3600;
const maxBytes = 65_536;
const browserSecret = /^[\w-]{43}$/;

export function createForms({ cookies, publicUrl, clock, mac }: FormsOptions): Forms {
  const { origin, protocol } = new URL(publicUrl);
  const browsers = new WeakMap<Context, string>();

  /** The browser's secret, a new one where it has none; the same for all forms of one page. */
  function browserOf(c: Context): string {
    const known = browsers.get(c) ?? sentSecret(c);
    if (known !== undefined) return known;
    const made = randomBytes(32).toString("base64url");
    browsers.set(c, made);
    cookies.write(c, cookie, made);
    return made;
  }

  function sentSecret(c: Context): string | undefined {
    const sent = cookies.read(c, cookie);
    return sent !== undefined && browserSecret.test(sent) ? sent : undefined;
  }

  function tokenOf(browser: string, purpose: string, expires: string): string {
    return `${expires}.${Buffer.from(mac("web.forms", `${browser} ${expires} ${purpose}`)).toString("base64url")}`;
  }

  function isToken(token: string, browser: string, purpose: string): boolean {
    const [expires = ""] = token.split(".", 1);
    if (!/^\d{1,12}$/.test(expires) || Number(expires) * 1000 <= clock.now()) return false;
    const [sent, right] = [Buffer.from(token), Buffer.from(tokenOf(browser, purpose, expires))];
    return sent.length === right.length && timingSafeEqual(sent, right);
  }

  /** What browsers say of themselves about where a form stood. Older ones say nothing; the token does not need them. */
  function isFromHere(c: Context): boolean {
    const site = requestHeader(c, "sec-fetch-site");
    if (site !== undefined && site !== "same-origin") return false;
    const from = requestHeader(c, "origin");
    // On loopback the server goes by several names; the host check has let this one pass.
    return from === undefined || from === origin || from === `${protocol}//${requestHeader(c, "host") ?? ""}`;
  }

  return {
    browser: browserOf,
    field: (c, purpose) => {
      const expires = String(Math.floor(clock.now() / 1000) + lifetimeSeconds);
      return html`<input
        type="hidden"
        name="${fieldName}"
        value="${tokenOf(browserOf(c), purpose, expires)}"
      />`;
    },
    read: async (c, purpose, back) => {
      const type = requestHeader(c, "content-type")?.split(";", 1)[0]?.trim().toLowerCase();
      const browser = sentSecret(c);
      if (type !== "application/x-www-form-urlencoded" || browser === undefined || !isFromHere(c))
        throw stale(c, back);
      const sent = new URLSearchParams(Buffer.from(await readBody(c, { maxBytes })).toString("utf8"));
      const tokens = sent.getAll(fieldName);
      if (tokens.length !== 1 || !isToken(tokens[0] ?? "", browser, purpose)) throw stale(c, back);
      sent.delete(fieldName);
      return sent;
    },
  };
}

function stale(c: Context, back = c.req.path): Error {
  return webFaults.fault(
    "form_stale",
    "This page was open too long, or your browser keeps no cookies. Nothing was changed. Open the page again and repeat what you did.",
    { data: { back } },
  );
}
