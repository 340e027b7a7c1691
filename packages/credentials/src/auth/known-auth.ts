import type { Target } from "../target.ts";
import type { KnownAuth } from "./upstream-auth.ts";

/** How the target is authorized, with `auto` resolved by what was found out there. */
export function knownAuth({ auth, asksForOAuth }: Pick<Target, "auth" | "asksForOAuth">): KnownAuth {
  if (auth.kind !== "auto") return auth;
  return asksForOAuth ? autoOAuth : none;
}

const none: KnownAuth = Object.freeze({ kind: "none" });
const autoOAuth: KnownAuth = Object.freeze({ kind: "own_account" });
