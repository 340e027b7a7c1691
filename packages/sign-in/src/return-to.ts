/**
 * Where to go after signing in: a path of this server that needs somebody signed in, never a URL. Whatever else is
 * asked for leads to `/account`, so a link to the sign-in page cannot be one to somewhere else (RFC 9700 §4.11).
 */
import { directories } from "@castellan/access";
import type { Context } from "hono";
import type { SignInAim } from "./ports.ts";

const elsewhere = "/account";
const pages = [elsewhere, "/approvals", "/links"] as const;
const prefixes = ["/oauth/", "/account/", "/approvals/", "/links/"] as const;
const maxLength = 2048;

/** The path and query that are meant; `/account` for what leads anywhere else. */
export function parseReturnTo(text: string | undefined): string {
  if (text === undefined || text.length > maxLength || !isPathText.test(text)) return elsewhere;
  const url = URL.parse(text, base);
  if (url === null || url.origin !== base) return elsewhere;
  // As a browser resolves it: dot segments are gone.
  const { pathname, search } = url;
  const isKnown =
    pages.some((one) => pathname === one) || prefixes.some((prefix) => pathname.startsWith(prefix));
  return isKnown && !pathname.includes("//") ? pathname + search : elsewhere;
}

/** All but where to go of an aim; what is absent is the usual. */
export type SignInPathOptions = Partial<Omit<SignInAim, "returnTo">>;

/** The address of the sign-in page for an aim. */
export function signInPath(
  returnTo: string,
  { directory = "workforce", again = false, other = false }: SignInPathOptions = {},
): string {
  return `/sign-in?${aimQuery({ returnTo: parseReturnTo(returnTo), directory, again, other })}`;
}

/** An aim as the query of a link: `to=%2Faccount&directory=customers&again=1`. */
export function aimQuery({ returnTo, directory, again, other }: SignInAim): string {
  const query = new URLSearchParams({ to: returnTo });
  if (directory !== "workforce") query.set("directory", directory);
  if (again) query.set("again", "1");
  if (other) query.set("other", "1");
  return query.toString();
}

/** What `aimQuery` wrote; what it did not write is the usual. */
export function readAim(c: Context): SignInAim {
  return toAim((name) => c.req.query(name));
}

/** The same from the fields of a form. */
export function toAim(field: (name: string) => string | null | undefined): SignInAim {
  const directory = field("directory");
  return {
    returnTo: parseReturnTo(field("to") ?? undefined),
    directory: directories.find((known) => known === directory) ?? "workforce",
    again: field("again") === "1",
    other: field("other") === "1",
  };
}

const base = "https://castellan.invalid";
/** One slash, then visible ASCII without what a browser would read as a slash or drop. */
const isPathText = /^\/(?!\/)[\x21-\x5b\x5d-\x7e]*$/;
