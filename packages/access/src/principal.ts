import type { Id } from "@castellan/kernel";

/** `admin` may manage the platform; `member` may only use the portals it was given. */
export const tokenRoles = ["admin", "member"] as const;

export type TokenRole = (typeof tokenRoles)[number];

/** Who is calling, as far as this request has proved. It holds no secret and may be logged. */
export type Principal = ServicePrincipal;

/** A program that holds a service token. */
export interface ServicePrincipal {
  readonly kind: "service";
  readonly tokenId: Id<"token">;
  readonly name: string;
  readonly role: TokenRole;
  /** Slugs of the portals it may use; none means none, for an admin too. */
  readonly portals: readonly string[];
}
