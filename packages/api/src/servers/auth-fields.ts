/** How requests to a server are authorized, as an admin gives it. */
import { authAddresses } from "@castellan/calls";
import { authSecretFields, upstreamAuth, type UpstreamAuth } from "@castellan/credentials";
import { z } from "zod";
import type { ApiPorts } from "../ports.ts";

/** What comes in holds nothing that is not known; what goes out may hold more one day. */
const givenAuth = upstreamAuth.meta({ id: "UpstreamAuthInput" });
export const shownAuth = upstreamAuth.meta({ id: "UpstreamAuth" });

const secretWords =
  "Write-only: kept sealed, and shown to nobody. Which are wanted depends on the kind of `auth`";

const { token, password, clientSecret, privateKey } = authSecretFields;

/** Of a new server. */
export const newAuth = {
  auth: givenAuth.optional(),
  authSecrets: z
    .strictObject({
      token: token.exactOptional(),
      password: password.exactOptional(),
      clientSecret: clientSecret.exactOptional(),
      privateKey: privateKey.exactOptional(),
    })
    .optional()
    .describe(secretWords),
};

/** Merged into the secrets that are stored; null takes one away. */
export const changedAuth = {
  auth: givenAuth.optional(),
  authSecrets: z
    .strictObject({
      token: token.nullable(),
      password: password.nullable(),
      clientSecret: clientSecret.nullable(),
      privateKey: privateKey.nullable(),
    })
    .partial()
    .optional()
    .describe(secretWords),
};

/** Judges the addresses in it like that of the server. Throws `outbound_refused`, `outbound_policy_invalid`. */
export function checkAuthAddresses(
  auth: UpstreamAuth | undefined,
  allowPrivate: readonly string[],
  { outbound }: Pick<ApiPorts, "outbound">,
): void {
  if (!auth) return;
  for (const [field, url] of authAddresses(auth)) outbound.check(url, { allowPrivate }, field);
}
