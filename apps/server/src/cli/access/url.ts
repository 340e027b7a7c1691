/** A server's URL in one spelling, without a slash at its end; undefined for what cannot be one. */
export function toServerUrl(text: string): string | undefined {
  const url = URL.parse(text);
  const isGood =
    url !== null &&
    (url.protocol === "https:" || url.protocol === "http:") &&
    url.username + url.password + url.search + url.hash === "";
  return isGood ? url.origin + url.pathname.replace(/\/+$/, "") : undefined;
}

export const urlRule = "must be an http or https URL, without user, query or fragment";
