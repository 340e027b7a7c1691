/** Failures as pages, for people: what happened in a sentence, what to do, and what finds it in the log. */
import type { Fault } from "@castellan/kernel";
import { accepts } from "hono/accepts";
import type { Context } from "hono";
import { requestId } from "../inbound/exchange.ts";
import { html, type Html } from "./html.ts";
import { isLocalPath } from "./local-path.ts";
import { page } from "./page.ts";

export interface ErrorPageOptions {
  /** Instead of what its status says. */
  readonly title?: string;
  /** What else there is to do, below the sentence. */
  readonly more?: Html;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * `back` in the fault's data is the path of a page to go on at, `backText` what its button says, `retryAfterSeconds`
 * becomes `Retry-After`.
 */
export function errorPage(c: Context, fault: Fault, options: ErrorPageOptions = {}): Response {
  const title = options.title ?? titleOf(fault);
  const { back, backText = "Open the page again" } = fault.data ?? {};
  const retryAfter = fault.data?.["retryAfterSeconds"];
  return page(c, {
    title,
    status: fault.status,
    headers: {
      ...(typeof retryAfter === "number" && { "Retry-After": String(retryAfter) }),
      ...options.headers,
    },
    body: html`<h1>${title}</h1>
      <p>${fault.message}</p>
      ${options.more}
      ${typeof back === "string" && isLocalPath(back) && html`<p class="buttons"><a class="button" href="${back}">${String(backText)}</a></p>`}`,
    foot: html`<code>${fault.code}</code> · <code>${requestId(c)}</code>`,
  });
}

/** Whether whoever asks would rather read a page than data: a browser does, a client of an API does not. */
export function prefersPage(c: Context): boolean {
  const supports = ["application/json", "text/html"];
  return accepts(c, { header: "Accept", supports, default: "application/json" }) === "text/html";
}

function titleOf({ status, data }: Fault): string {
  if (status === 403 && data?.["back"] !== undefined) return "Please try again";
  if (status === 404) return "There is nothing here";
  if (status === 410) return "This does not work any more";
  if (status === 429) return "Too many tries";
  if (status === 401 || status === 403) return "This is not open to you";
  return status >= 500 ? "Something went wrong on our side" : "This did not work";
}
