/** Which secrets a kind of auth has a use for. */
import { oauthKinds, type AuthSecrets, type OAuthAuth, type UpstreamAuth } from "./upstream-auth.ts";

export const authSecretNames = [
  "token",
  "password",
  "clientSecret",
  "privateKey",
] as const satisfies readonly (keyof AuthSecrets)[];
export type AuthSecretName = (typeof authSecretNames)[number];

export interface SecretUse {
  /** It cannot be used without each of these. */
  readonly required: readonly AuthSecretName[];
  /** Of these one may be given, or none. */
  readonly optional: readonly AuthSecretName[];
}

const none: SecretUse = { required: [], optional: [] };

export function secretUseOf(auth: UpstreamAuth): SecretUse {
  if (auth.kind === "bearer") return { required: ["token"], optional: [] };
  if (auth.kind === "basic") return { required: ["password"], optional: [] };
  if (auth.kind === "own_key") return { required: [], optional: ["token"] };
  return isOAuth(auth) ? secretUseOfClient(auth) : none;
}

/** Whether the auth gets its tokens from an authorization server. */
export function isOAuth(auth: UpstreamAuth): auth is OAuthAuth {
  return (oauthKinds as readonly string[]).includes(auth.kind);
}

/** A client that was not registered by hand has no secret of an admin's. */
function secretUseOfClient({ client }: OAuthAuth): SecretUse {
  if (!client || client.authMethod === "none") return none;
  if (client.authMethod === "private_key_jwt") return { required: ["privateKey"], optional: [] };
  if (client.authMethod !== undefined) return { required: ["clientSecret"], optional: [] };
  return { required: [], optional: ["clientSecret", "privateKey"] };
}
