/**
 * Cookies of this server: only for it (`__Host-`: no other host of the domain can set them, RFC 6265bis §4.1.3.2), out
 * of reach of scripts, and not sent along when another site posts here.
 *
 * Over plain HTTP, which is for trying out on loopback, the prefix does not exist. There the name holds the port, since
 * cookies do not know of ports and two servers on one machine would otherwise sign each other out.
 */
import type { Context } from "hono";
import { getCookie, setCookie } from "hono/cookie";

export interface Cookies {
  /** `name` as the code calls it: `session`. Undefined when the browser sent none. */
  read(c: Context, name: string): string | undefined;
  /** Without `maxAgeSeconds` it ends with the browser. */
  write(c: Context, name: string, value: string, options?: { readonly maxAgeSeconds?: number }): void;
  remove(c: Context, name: string): void;
  /** What a browser calls it. */
  nameOf(name: string): string;
}

export function createCookies(publicUrl: string): Cookies {
  const { protocol, port } = new URL(publicUrl);
  const isSecure = protocol === "https:";
  const nameOf = (name: string) =>
    isSecure ? `__Host-castellan-${name}` : `castellan-${port || "80"}-${name}`;
  const attributes = { httpOnly: true, sameSite: "Lax", path: "/", secure: isSecure } as const;
  return {
    nameOf,
    read: (c, name) => getCookie(c, nameOf(name)),
    write: (c, name, value, { maxAgeSeconds } = {}) =>
      setCookie(c, nameOf(name), value, {
        ...attributes,
        ...(maxAgeSeconds !== undefined && { maxAge: maxAgeSeconds }),
      }),
    remove: (c, name) => setCookie(c, nameOf(name), "", { ...attributes, maxAge: 0 }),
  };
}
