/** What an admin does about a server that could not be read, or is called with what does not hold any more. */
import type { Server } from "@castellan/client";

type Told = Pick<Server, "slug" | "auth" | "state">;

/** A sentence with the command; undefined: nothing is to be done. */
export function nextStep(server: Told): string | undefined {
  const step = giveStep(server);
  if (step !== undefined) return step;
  return (
    server.state.error && `The server could not be read; castellan server sync ${server.slug} tries again`
  );
}

/** How what is missing is given, where credentials are. */
export function giveStep({ slug, auth, state }: Told): string | undefined {
  const codes = new Set(state.attention.map(({ code }) => code));
  const isMissing = codes.has("credentials_missing");
  if (isMissing && isSignIn(auth.kind, state)) return `castellan server login ${slug} signs in there for all`;
  // There is no secret in what is said of who calls: the server has to be told whose word it is.
  if (isMissing || (codes.has("credentials_refused") && auth.kind !== "identity"))
    return `castellan server edit ${slug} ${secretOptions[auth.kind] ?? "--secret-file"} FILE gives what it is to be called with`;
  // Of a server that does not say where one would sign in, only an admin can know what it wants.
  if (codes.has("upstream_unauthorized") && auth.kind === "auto")
    return `castellan server edit ${slug} --auth KIND says how requests are authorized; --bearer-env gives one token for all`;
  return undefined;
}

/** Where it is not the secret itself that is sent, but one by which Castellan gets what is. */
const secretOptions: { readonly [Kind in Server["auth"]["kind"]]?: string } = {
  client_credentials: "--client-secret-file",
  token_exchange: "--client-secret-file",
  id_jag: "--client-secret-file",
};

function isSignIn(kind: Server["auth"]["kind"], { asksForOAuth }: Server["state"]): boolean {
  return kind === "own_account" || kind === "shared_account" || (kind === "auto" && asksForOAuth);
}
