import { isOAuth } from "../auth/secret-use.ts";
import type { Target } from "../target.ts";

/** The target with more scopes to be asked for than an admin named. */
export function withScopes(target: Target, wider: readonly string[]): Target {
  const { auth } = target;
  if (wider.length === 0 || !isOAuth(auth)) return target;
  return { ...target, auth: { ...auth, scopes: [...new Set([...(auth.scopes ?? []), ...wider])] } };
}
