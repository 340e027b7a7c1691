/** `castellan client …`: OAuth clients, those that an admin registers and those that came by themselves. */
import { pages, type AddClientBody, type ChangeClientBody, type OAuthClient } from "@castellan/client";
import { cliFaults } from "../faults.ts";
import { confirm } from "../input/confirm.ts";
import { readTextFile } from "../input/file.ts";
import { findClient } from "../input/named.ts";
import { assertSomething, parseSomeOf } from "../input/some-of.ts";
import { grantTypeWords } from "../input/words.ts";
import { printDetails, printTable } from "../output/table.ts";
import { parseSpan, relativeTime, when } from "../output/times.ts";
import { show, type Session } from "../session.ts";

export interface ListClientsOptions {
  readonly kind?: OAuthClient["kind"];
  readonly search?: string;
}

export async function listClients(session: Session, options: ListClientsOptions): Promise<void> {
  const { terminal, api } = session;
  const { kind, search: q } = options;
  const items = await Array.fromAsync(pages(api.listClients, { query: { kind, q, limit: 200 } }));
  const now = terminal.now();
  show(session, { items }, () => {
    if (items.length === 0) return terminal.note("No client fits");
    return printTable(
      items,
      [
        { title: "NAME", value: ({ name }) => name || "-", shrinks: true },
        { title: "KIND", value: (client) => client.kind },
        { title: "PROVED BY", value: ({ authMethod }) => authMethod },
        { title: "USED", value: ({ lastUsedAt }) => when(lastUsedAt, now) },
        { title: "ID", value: ({ id }) => id, shrinks: true },
      ],
      terminal,
    );
  });
}

export async function getClient(session: Session, said: string): Promise<void> {
  showClient(session, await findClient(session.api, said));
}

export interface ClientOptions {
  readonly redirect?: readonly string[];
  readonly grantType?: readonly string[];
  readonly scope?: readonly string[] | false;
  readonly introspect?: boolean;
  /** A file with a JWK set. */
  readonly jwks?: string;
  readonly jwksUri?: string;
  readonly site?: string | false;
}

export interface AddClientOptions extends ClientOptions {
  readonly auth: AddClientBody["authMethod"];
}

/** A secret, if there is one, is alone on standard output. */
export async function addClient(session: Session, name: string, options: AddClientOptions): Promise<void> {
  const { site, ...settings } = await settingsOf(options, session);
  const body = { name, authMethod: options.auth, ...settings, uri: site || undefined };
  const { secret, ...client } = await session.api.addClient({ body });
  tellSecret(session, client, secret);
}

export interface EditClientOptions extends ClientOptions {
  readonly name?: string;
}

/** What was read is what is changed: if somebody was faster, `version_stale`, and nothing has changed. */
export async function editClient(session: Session, said: string, options: EditClientOptions): Promise<void> {
  const { api } = session;
  const { site, ...settings } = await settingsOf(options, session);
  const body: ChangeClientBody = { name: options.name, ...settings, uri: site === false ? null : site };
  assertSomething(body, "client edit");
  const { id, version } = await findClient(api, said);
  showClient(session, await api.changeClient({ params: { id }, body, ifMatch: version }));
}

export async function rotateClient(
  session: Session,
  said: string,
  { overlap, yes }: { overlap?: string; yes?: boolean },
): Promise<void> {
  const { api, terminal } = session;
  const overlapSeconds = overlap === undefined ? undefined : parseSpan(overlap, "--overlap") / 1000;
  const { id, name } = await findClient(api, said);
  if (overlapSeconds === 0)
    await confirm(`End all earlier secrets of ${name} now, and the tokens that it has?`, terminal, yes);
  const { secret, ...client } = await api.rotateClientSecret({ params: { id }, body: { overlapSeconds } });
  tellSecret(session, client, secret);
}

export async function removeClient(
  session: Session,
  said: string,
  { yes }: { yes?: boolean },
): Promise<void> {
  const { api, terminal } = session;
  const { id, name, version } = await findClient(api, said);
  const what = `Remove client ${name || id}, with all that people have allowed it?`;
  await confirm(what, terminal, yes);
  await api.removeClient({ params: { id }, ifMatch: version });
  show(session, { removed: id }, () => terminal.print(`Client ${name || id} is removed`));
}

async function settingsOf(options: ClientOptions, { terminal }: Session) {
  const {
    redirect: redirectUris,
    grantType,
    scope,
    introspect: mayIntrospect,
    jwks,
    jwksUri,
    site,
  } = options;
  return {
    redirectUris,
    grantTypes: grantType && parseSomeOf(grantTypeWords, grantType, "--grant-type"),
    scopes: scope === false ? [] : scope,
    mayIntrospect,
    jwks: jwks === undefined ? undefined : await readKeys(jwks, terminal.cwd),
    jwksUri,
    site,
  };
}

type Keys = NonNullable<AddClientBody["jwks"]>;

/** What is in it, the server judges. Fault: `file_unreadable`. */
async function readKeys(path: string, folder: string): Promise<Keys> {
  const text = await readTextFile(path, folder);
  try {
    return JSON.parse(text) as Keys;
  } catch {
    throw cliFaults.fault("file_unreadable", `The file ${path} is not JSON`);
  }
}

function tellSecret(session: Session, client: OAuthClient, secret: string | undefined): void {
  const { terminal } = session;
  if (secret === undefined) return showClient(session, client);
  show(session, { ...client, secret }, () => terminal.print(secret));
  terminal.note(`Client ${client.name} has the id ${client.id}`);
  terminal.note("This is the only time that the secret is shown: keep it where secrets are kept.");
}

function showClient(session: Session, client: OAuthClient): void {
  const { terminal } = session;
  const now = terminal.now();
  show(session, client, () =>
    printDetails(
      {
        Client: client.name || "(says no name)",
        ID: client.id,
        Kind: client.kind,
        Site: client.uri,
        "Proved by": client.authMethod,
        Secrets: client.secrets.map((secret) => secretText(secret, now)).join("; ") || undefined,
        Keys: client.jwksUri ?? (client.jwks && `${client.jwks.keys.length} of its own`),
        "Gets tokens by": client.grantTypes.join(", "),
        "Sends people to": client.redirectUris.join(" ") || undefined,
        "May for itself": client.scopes.join(", ") || undefined,
        "May introspect": client.mayIntrospect ? "tokens of others" : undefined,
        Made: relativeTime(client.createdAt, now),
        Used: when(client.lastUsedAt, now),
      },
      terminal,
    ),
  );
}

function secretText({ createdAt, expiresAt }: OAuthClient["secrets"][number], now: number): string {
  const made = `made ${relativeTime(createdAt, now)}`;
  return expiresAt === undefined ? made : `${made}, ends ${relativeTime(expiresAt, now)}`;
}
