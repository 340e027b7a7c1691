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

/** Whether two URLs, in that spelling, are of one server: on this computer it goes by several names. */
export function isSameServer(a: string, b: string): boolean {
  return inOneName(a) === inOneName(b);
}

/** Whether what is sent there stays on this computer. */
export function isLoopback(url: string): boolean {
  return loopback.test(new URL(url).hostname);
}

const loopback = /^(?:localhost|127\.0\.0\.1|\[::1\])$/;

function inOneName(text: string): string {
  const url = new URL(text);
  if (loopback.test(url.hostname)) url.hostname = "localhost";
  return url.href;
}
