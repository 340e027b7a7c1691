/** A client that an admin writes down, and what must be true of it as a whole. */
import { invalidInput, type InputProblem } from "@castellan/kernel";
import type { AuthMethod, ClientGrantType, PublicKeys } from "./client.ts";
import { refusePublicKeys } from "./public-keys.ts";
import { refuseRedirectUri, refuseTogether } from "./redirect-uri.ts";

export interface RegisteredClientInput {
  readonly name: string;
  readonly uri?: string | undefined;
  readonly redirectUris: readonly string[];
  readonly authMethod: AuthMethod;
  readonly grantTypes: readonly ClientGrantType[];
  /** What it may do for itself: of portals and servers (`@castellan/access`, `scopes.ts`). */
  readonly scopes: readonly string[];
  readonly mayIntrospect: boolean;
  readonly jwks?: PublicKeys | undefined;
  readonly jwksUri?: string | undefined;
}

/** What is absent stays; how it proves who it is stays for good, since everything else hangs on that. */
export interface RegisteredClientChange {
  readonly name?: string | undefined;
  /** Null: none. */
  readonly uri?: string | null | undefined;
  readonly redirectUris?: readonly string[] | undefined;
  readonly grantTypes?: readonly ClientGrantType[] | undefined;
  readonly scopes?: readonly string[] | undefined;
  readonly mayIntrospect?: boolean | undefined;
  /** One of the two takes the place of the other. */
  readonly jwks?: PublicKeys | undefined;
  readonly jwksUri?: string | undefined;
}

/** Throws `invalid_input` with each problem. */
export function assertRegistrable(client: RegisteredClientInput): void {
  const problems = [...problemsOf(client)];
  if (problems.length > 0) throw invalidInput(problems);
}

function* problemsOf(client: RegisteredClientInput): Generator<InputProblem> {
  const { redirectUris, authMethod, grantTypes, scopes, mayIntrospect, jwks, jwksUri } = client;
  const signsIn = grantTypes.includes("authorization_code");
  if (grantTypes.length === 0) yield { field: "grantTypes", reason: "must name at least one" };
  if (signsIn && redirectUris.length === 0)
    yield { field: "redirectUris", reason: "must name at least one for authorization_code" };
  if (!signsIn && redirectUris.length > 0)
    yield { field: "redirectUris", reason: "must be empty without authorization_code" };
  for (const [index, uri] of redirectUris.entries()) {
    const reason = refuseRedirectUri(uri);
    if (reason !== undefined) yield { field: `redirectUris[${index}]`, reason };
  }
  if (redirectUris.every((uri) => refuseRedirectUri(uri) === undefined)) {
    const reason = refuseTogether(redirectUris);
    if (reason !== undefined) yield { field: "redirectUris", reason };
  }
  if (grantTypes.includes("refresh_token") && !signsIn)
    yield { field: "grantTypes", reason: "must name authorization_code beside refresh_token" };
  const actsForItself = grantTypes.includes("client_credentials");
  if (authMethod === "none" && actsForItself)
    yield { field: "authMethod", reason: "must not be none for client_credentials" };
  if (authMethod === "none" && mayIntrospect)
    yield { field: "mayIntrospect", reason: "must be false for a client that cannot prove who it is" };
  if (scopes.length > 0 && !actsForItself)
    yield { field: "scopes", reason: "must be empty without client_credentials" };
  const given = [jwks, jwksUri].filter((keys) => keys !== undefined).length;
  if (authMethod === "private_key_jwt" && given !== 1)
    yield { field: "jwks", reason: "or jwksUri must be given, and not both" };
  if (authMethod !== "private_key_jwt" && given > 0)
    yield { field: jwks === undefined ? "jwksUri" : "jwks", reason: "is for private_key_jwt only" };
  const badKeys = jwks && refusePublicKeys(jwks);
  if (badKeys !== undefined) yield { field: "jwks", reason: badKeys };
}
