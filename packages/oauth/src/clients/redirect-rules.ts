/** Which redirect URIs strangers may bring, where an installation does not take any. */
import { redirectKind, refuseRedirectUri, withoutLoopbackPort } from "./redirect-uri.ts";

/**
 * `loopback`: any http address on the person's computer. `under`: https addresses that begin so. `exact`: this one,
 * on loopback with whichever port.
 */
export type RedirectRule =
  | { readonly kind: "loopback" }
  | { readonly kind: "under"; readonly prefix: string }
  | { readonly kind: "exact"; readonly uri: string };

/** `loopback`, `https://host/path/*`, or one URI to the letter. Throws an `Error` that says what is wrong. */
export function parseRedirectRule(text: string): RedirectRule {
  if (text === "loopback") return { kind: "loopback" };
  const prefix = text.endsWith("/*") ? text.slice(0, -1) : undefined;
  const reason = refuseRedirectUri(prefix ?? text);
  if (reason !== undefined) throw new Error(`"${text}" ${reason}`);
  if (prefix === undefined) return { kind: "exact", uri: text };
  if (redirectKind(prefix) !== "web" || prefix.includes("?"))
    throw new Error(`"${text}" may end with /* only after an https address without a query`);
  return { kind: "under", prefix };
}

/** Without rules, every redirect URI is permitted. `uri` is one that was not refused. */
export function isRedirectPermitted(uri: string, rules: readonly RedirectRule[]): boolean {
  return rules.length === 0 || rules.some((rule) => fits(rule, uri));
}

function fits(rule: RedirectRule, uri: string): boolean {
  switch (rule.kind) {
    case "loopback":
      return redirectKind(uri) === "loopback";
    case "under":
      return uri.startsWith(rule.prefix);
    case "exact":
      return withoutLoopbackPort(uri) === withoutLoopbackPort(rule.uri);
  }
}
