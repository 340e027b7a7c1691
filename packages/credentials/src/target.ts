/** What requests go to, as far as credentials need to know it: an MCP server, or whatever else people have accounts at. */
import type { AuthSecrets, UpstreamAuth } from "./auth/upstream-auth.ts";

export interface Target {
  readonly id: string;
  /** How it is called in messages and paths. */
  readonly slug: string;
  readonly title: string;
  /** Where it is spoken to; the canonical resource of its tokens derives from it (RFC 8707). */
  readonly url: string;
  /** Hosts or CIDRs that may be called on its behalf although they are not public; an admin's word. */
  readonly allowPrivate: readonly string[];
  readonly auth: UpstreamAuth;
  readonly secrets: AuthSecrets;
  /** What was found out where `auth` is `auto`: whether it asks for OAuth. */
  readonly asksForOAuth: boolean;
}
