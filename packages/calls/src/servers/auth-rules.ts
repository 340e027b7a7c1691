/** What of a server's auth, its secrets and its headers goes together. Nothing is read or written here. */
import { isOAuth, secretUseOf, type AuthSecretName, type UpstreamAuth } from "@castellan/credentials";
import { invalidInput } from "@castellan/kernel";
import { headerNameProblem } from "./header-rules.ts";

interface AuthProblem {
  /** As the API and configuration files call it: `auth.issuer`, `authSecrets.token`. */
  readonly field: string;
  readonly reason: string;
}

interface WithAuth {
  readonly auth: UpstreamAuth;
  readonly authSecretNames: readonly AuthSecretName[];
  /** In lower case. */
  readonly headerNames: readonly string[];
}

/** The addresses that an admin gave in an auth, by field: to be judged like that of the server. */
export function authAddresses(auth: UpstreamAuth): readonly (readonly [field: string, url: string])[] {
  if (!isOAuth(auth)) return [];
  const { issuer, endpoints } = auth;
  const named = Object.entries(endpoints ?? {}).map(
    ([name, url]) => [`auth.endpoints.${name}`, url] as const,
  );
  return [...(issuer === undefined ? [] : [["auth.issuer", issuer] as const]), ...named];
}

/** The header that the auth sets with every request, in lower case; undefined: none, or not known yet. */
function headerSetBy(auth: UpstreamAuth): string | undefined {
  if (auth.kind === "auto" || auth.kind === "none") return undefined;
  return auth.kind === "own_key" ? (auth.header ?? "authorization") : "authorization";
}

/** Throws `invalid_input`, with all that does not go together. */
export function assertAuthFits(server: WithAuth): void {
  const problems = authProblems(server);
  if (problems.length > 0) throw invalidInput(problems);
}

export function authProblems(server: WithAuth): readonly AuthProblem[] {
  return [
    ...problemsOfClient(server.auth),
    ...problemsOfKeyHeader(server.auth),
    ...problemsOfSecrets(server),
    ...problemsOfHeaders(server),
  ];
}

function problemsOfClient(auth: UpstreamAuth): readonly AuthProblem[] {
  if (!isOAuth(auth)) return [];
  const { client, endpoints, issuer, kind } = auth;
  const asksPeople = kind === "shared_account" || kind === "own_account";
  return [
    ...when(client && issuer === undefined, "auth.issuer", "must say where the client is registered"),
    ...when(endpoints && issuer === undefined, "auth.issuer", "must say whose endpoints these are"),
    ...when(
      endpoints && !client,
      "auth.client",
      "must be given with endpoints: there is nowhere to register one",
    ),
    ...when(
      endpoints && asksPeople && endpoints.authorization === undefined,
      "auth.endpoints.authorization",
      "must be given: people sign in there",
    ),
    ...when(
      kind === "client_credentials" && (!client || client.authMethod === "none"),
      "auth.client",
      "must be given with client_credentials, and have a secret or a key (RFC 6749 §4.4)",
    ),
  ];
}

function problemsOfKeyHeader(auth: UpstreamAuth): readonly AuthProblem[] {
  if (auth.kind !== "own_key" || auth.header === undefined) return [];
  const reason =
    auth.header === auth.header.toLowerCase() ? headerNameProblem(auth.header) : "must be in lower case";
  return reason === undefined ? [] : [{ field: "auth.header", reason }];
}

function problemsOfSecrets({ auth, authSecretNames: given }: WithAuth): readonly AuthProblem[] {
  const { required, optional } = secretUseOf(auth);
  const useless = given.filter((name) => !required.includes(name) && !optional.includes(name));
  const needsOne =
    auth.kind === "client_credentials" && auth.client !== undefined && auth.client.authMethod === undefined;
  return [
    ...required
      .filter((name) => !given.includes(name))
      .map((name) => ({ field: `authSecrets.${name}`, reason: `must be given with ${auth.kind}` })),
    ...useless.map((name) => ({
      field: `authSecrets.${name}`,
      reason: `is of no use with ${auth.kind}, as it is set`,
    })),
    ...when(
      given.includes("clientSecret") && given.includes("privateKey") && useless.length === 0,
      "authSecrets.privateKey",
      "cannot be given beside clientSecret",
    ),
    ...when(
      needsOne && !given.includes("clientSecret") && !given.includes("privateKey"),
      "authSecrets.clientSecret",
      "must be given with client_credentials, or privateKey",
    ),
  ];
}

function problemsOfHeaders({ auth, headerNames }: WithAuth): readonly AuthProblem[] {
  const header = headerSetBy(auth);
  if (header === undefined || !headerNames.includes(header)) return [];
  return [{ field: "headers", reason: `must not have ${header}: auth ${auth.kind} sets it` }];
}

function when(isSo: unknown, field: string, reason: string): readonly AuthProblem[] {
  return isSo ? [{ field, reason }] : [];
}
