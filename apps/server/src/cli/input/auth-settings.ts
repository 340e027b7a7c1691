/** How requests to a server are authorized, as it is said on the command line, as the API takes it. */
import type { AddServerBody, Server } from "@castellan/client";
import { cliFaults } from "../faults.ts";
import type { Terminal } from "../terminal.ts";
import { secretFromEnv, secretFromFile } from "./secret.ts";

type Auth = NonNullable<AddServerBody["auth"]>;
type AuthSecrets = NonNullable<AddServerBody["authSecrets"]>;

export interface AuthOptions {
  readonly auth?: Auth["kind"];
  readonly issuer?: string;
  readonly clientId?: string;
  readonly clientAuth?: string;
  readonly clientSecretEnv?: string;
  /** `-` is standard input. */
  readonly clientSecretFile?: string;
  readonly clientKeyFile?: string;
  /** Of `bearer`, `basic` and `own_key`. */
  readonly secretEnv?: string;
  readonly secretFile?: string;
  readonly scopes?: readonly string[];
  readonly programs?: string;
  /** False: `resource` is not sent. */
  readonly resource?: boolean;
  readonly authorizationEndpoint?: string;
  readonly tokenEndpoint?: string;
  readonly revocationEndpoint?: string;
  readonly username?: string;
  readonly keyHeader?: string;
  readonly keyPrefix?: string;
  readonly keyHint?: string;
  readonly audience?: string;
  readonly groups?: boolean;
}

const authOptionNames = [
  "auth",
  "issuer",
  "clientId",
  "clientAuth",
  "clientSecretEnv",
  "clientSecretFile",
  "clientKeyFile",
  "secretEnv",
  "secretFile",
  "scopes",
  "programs",
  "resource",
  "authorizationEndpoint",
  "tokenEndpoint",
  "revocationEndpoint",
  "username",
  "keyHeader",
  "keyPrefix",
  "keyHint",
  "audience",
  "groups",
] as const satisfies readonly (keyof AuthOptions)[];

export function saysAuth(options: AuthOptions): boolean {
  return authOptionNames.some((name) => options[name] !== undefined);
}

/**
 * The auth that was said; of the same kind as before, what was not said stays. Undefined: nothing was said of it.
 * What does not go together is told by the API. Fault: `usage_invalid`.
 */
export function authSettings(options: AuthOptions, before?: Server["auth"]): Auth | undefined {
  const said = defined({
    issuer: options.issuer,
    client: clientOf(options, before),
    scopes: options.scopes,
    programs: options.programs,
    resource: options.resource === undefined ? undefined : options.resource ? "send" : "omit",
    endpoints: endpointsOf(options, before),
    username: options.username,
    header: options.keyHeader?.toLowerCase(),
    prefix: options.keyPrefix,
    hint: options.keyHint,
    audience: options.audience,
    groups: options.groups,
  });
  const kind = options.auth ?? before?.kind;
  if (options.auth === undefined && Object.keys(said).length === 0) return undefined;
  if (kind === undefined) throw cliFaults.fault("usage_invalid", "--auth must say which kind of auth it is");
  return { ...(kind === before?.kind && before), ...said, kind } as Auth;
}

/** The secrets that were said. Faults: `usage_invalid`, `secret_unreadable`. */
export async function readAuthSecrets(
  options: AuthOptions,
  kind: Auth["kind"] | undefined,
  terminal: Terminal,
): Promise<AuthSecrets | undefined> {
  const secret = await readSecret(options.secretEnv, options.secretFile, "--secret", terminal);
  if (secret !== undefined && kind !== "bearer" && kind !== "basic" && kind !== "own_key")
    throw cliFaults.fault(
      "usage_invalid",
      "--secret-env and --secret-file go with bearer, basic and own_key",
    );
  const secrets = defined({
    clientSecret: await readSecret(
      options.clientSecretEnv,
      options.clientSecretFile,
      "--client-secret",
      terminal,
    ),
    privateKey:
      options.clientKeyFile === undefined ? undefined : await secretFromFile(options.clientKeyFile, terminal),
    ...(kind === "basic" ? { password: secret } : { token: secret }),
  });
  return Object.keys(secrets).length === 0 ? undefined : secrets;
}

/** A client's id stands for the way in which it proves itself: another one is another client. */
function clientOf({ clientId, clientAuth }: AuthOptions, before: Server["auth"] | undefined) {
  const stored = before && "client" in before ? before.client : undefined;
  const id = clientId ?? stored?.id;
  if (clientId === undefined && clientAuth === undefined) return undefined;
  if (id === undefined) throw cliFaults.fault("usage_invalid", "--client-auth goes with --client-id");
  return { id, ...(clientAuth !== undefined && { authMethod: clientAuth }) };
}

function endpointsOf(options: AuthOptions, before: Server["auth"] | undefined) {
  const said = defined({
    authorization: options.authorizationEndpoint,
    token: options.tokenEndpoint,
    revocation: options.revocationEndpoint,
  });
  if (Object.keys(said).length === 0) return undefined;
  return { ...(before && "endpoints" in before && before.endpoints), ...said };
}

async function readSecret(
  env: string | undefined,
  file: string | undefined,
  option: string,
  terminal: Terminal,
): Promise<string | undefined> {
  if (env !== undefined && file !== undefined)
    throw cliFaults.fault("usage_invalid", `${option}-env and ${option}-file exclude each other`);
  if (env !== undefined) return secretFromEnv(env, terminal);
  return file === undefined ? undefined : secretFromFile(file, terminal);
}

/** Without members that are undefined. */
function defined<T extends object>(all: T): { [Name in keyof T]?: Exclude<T[Name], undefined> } {
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as {
    [Name in keyof T]?: Exclude<T[Name], undefined>;
  };
}
