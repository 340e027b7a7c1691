/** Who looks at the pages: somebody who is signed in with this browser. */
import { createHash } from "node:crypto";
import type { Id } from "@castellan/kernel";
import type { Context } from "hono";
import type { LinkVisitor } from "../links/links.ts";

export interface LinkPerson {
  readonly id: Id<"user">;
  readonly name: string;
  readonly email: string;
  readonly directory: "workforce" | "customers";
}

export interface Visitor<Person extends LinkPerson = LinkPerson> {
  readonly person: Person;
  readonly session: { readonly id: string };
}

/** How people come in, as these pages need it. */
export interface Visitors<Person extends LinkPerson = LinkPerson> {
  /** Nobody whose session has ended or who is suspended. */
  current(c: Context): Promise<Visitor<Person> | undefined>;
  /** The local address at which somebody signs in and then comes back to `returnTo`, a local path. `other`: as somebody else. */
  signInPath(
    returnTo: string,
    options?: { readonly directory?: LinkPerson["directory"]; readonly other?: boolean },
  ): string;
}

/** As whom a visitor goes to another server and comes back. */
export function toLinkVisitor({ person, session }: Visitor, isAdmin: boolean): LinkVisitor {
  return {
    isAdmin,
    personId: person.id,
    name: person.email,
    browser: createHash("sha256").update(`link ${session.id}`).digest("base64url"),
  };
}
