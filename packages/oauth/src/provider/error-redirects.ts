/**
 * What is wrong with an authorization request is told to the client by a redirect (RFC 6749 §4.1.2.1), before anybody is
 * asked or has even signed in. By way of a client that describes itself, a stranger could have people sent from our
 * address to any site (RFC 9700 §4.11.2, an open redirector). So they are sent on at once only to who an admin knows,
 * and to programs on their own device; to another site they go by themselves, knowing which it is.
 */
import type { Provider } from "oidc-provider";
import { redirectKind } from "../clients/redirect-uri.ts";
import type { ClientFeatures, OAuthError } from "../ports.ts";

export interface ErrorRedirectsOptions {
  readonly provider: Pick<Provider, "Client">;
  readonly clients: Pick<ClientFeatures, "describe">;
}

/** What a person is told in place of such a redirect, and where it led; undefined for whatever else was answered. */
export type ErrorRedirects = (
  answer: Response,
  clientId: string | null,
) => Promise<{ readonly error: OAuthError; readonly back: URL } | undefined>;

export function createErrorRedirects({ provider, clients }: ErrorRedirectsOptions): ErrorRedirects {
  return async (answer, clientId) => {
    const location = answer.headers.get("location");
    // Ours are paths.
    const back = location === null ? null : URL.parse(location);
    if (back === null || redirectKind(back.href) !== "web") return undefined;
    const client = await provider.Client.find(clientId ?? "");
    if (client !== undefined && clients.describe(client).kind === "registered") return undefined;
    const { searchParams } = back;
    const error = {
      error: searchParams.get("error") ?? "invalid_request",
      description: searchParams.get("error_description") ?? undefined,
      status: 400,
    };
    return { error, back };
  };
}
