/** What an admin gave, the same for whoever calls: nothing, a bearer token (RFC 6750 §2.1), a name and password (RFC 7617). */
import type { KnownAuth } from "../auth/upstream-auth.ts";
import { credentialFaults } from "../faults.ts";
import type { RequestCredentials } from "../request-credentials.ts";
import type { Target } from "../target.ts";
import type { SecretRefused } from "./secret-refused.ts";
import { asInstallation, type Strategy } from "./strategy.ts";

type Headers = Readonly<Record<string, string>>;

export const none: Strategy<Extract<KnownAuth, { kind: "none" }>> = {
  isOpenTo: () => true,
  knownAs: () => asInstallation,
  of: () => nothing,
};

export function bearer(refused: SecretRefused): Strategy<Extract<KnownAuth, { kind: "bearer" }>> {
  return fixed(refused, ({ secrets: { token } }) => token && { authorization: `Bearer ${token}` });
}

export function basic(refused: SecretRefused): Strategy<Extract<KnownAuth, { kind: "basic" }>> {
  return fixed(refused, ({ secrets: { password } }, { username }) => {
    // RFC 7617 §2.1: UTF-8, which most servers take whether they say so or not.
    return (
      password && { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}` }
    );
  });
}

const nothing: RequestCredentials = Object.freeze({
  headers: async () => ({}),
  refused: async () => "final" as const,
});

/** Throws `credentials_missing` where no admin has given the secret. */
function fixed<Auth extends KnownAuth>(
  refused: SecretRefused,
  headersOf: (target: Target, auth: Auth) => Headers | "" | undefined,
): Strategy<Auth> {
  return {
    isOpenTo: () => true,
    knownAs: () => asInstallation,
    of: (target, _owner, auth) => ({
      headers: async () => headersOf(target, auth) || missing(target),
      refused: async ({ status }) => {
        if (status === 401) refused(target, "target");
        return "final";
      },
    }),
  };
}

export function missing({ slug, title }: Target): never {
  throw credentialFaults.fault("credentials_missing", `No admin has given the credentials of ${title} yet`, {
    data: { server: slug },
  });
}
