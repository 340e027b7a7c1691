/** `castellan provider …`: identity providers that people sign in with. */
import { pages, type NewProvider, type Provider, type ProviderChange } from "@castellan/client";
import { parseSlug } from "@castellan/kernel";
import { cliFaults } from "../faults.ts";
import { changedClaims, claimDetails, claimSettings, newClaims, type ClaimOptions } from "../input/claims.ts";
import { confirm } from "../input/confirm.ts";
import type { Directory } from "../input/named.ts";
import { secretFromEnv, secretFromFile } from "../input/secret.ts";
import { assertSomething } from "../input/some-of.ts";
import { printDetails, printTable } from "../output/table.ts";
import { show, type Session } from "../session.ts";
import type { Terminal } from "../terminal.ts";

export async function listProviders(session: Session): Promise<void> {
  const { terminal, api } = session;
  const items = await Array.fromAsync(pages(api.listProviders, { query: { limit: 200 } }));
  show(session, { items }, () => {
    if (items.length === 0)
      return terminal.note("There is no provider yet: castellan provider add SLUG ISSUER --client-id ID");
    return printTable(
      items,
      [
        { title: "SLUG", value: ({ slug }) => slug },
        { title: "TITLE", value: ({ title }) => title, shrinks: true },
        { title: "DIRECTORY", value: ({ directory }) => directory },
        { title: "ENABLED", value: ({ isEnabled }) => (isEnabled ? "yes" : "no") },
        { title: "NEW PEOPLE", value: ({ createsUsers }) => (createsUsers ? "made" : "refused") },
        { title: "ISSUER", value: ({ issuer }) => issuer, shrinks: true },
      ],
      terminal,
    );
  });
}

export async function getProvider(session: Session, slug: string): Promise<void> {
  showProvider(session, await session.api.getProvider({ params: paramsOf(slug) }));
}

interface ProviderOptions extends ClaimOptions {
  readonly clientId?: string;
  readonly clientSecretEnv?: string;
  readonly clientSecretFile?: string;
  readonly scope?: readonly string[];
}

export interface AddProviderOptions extends ProviderOptions {
  readonly clientId: string;
  readonly directory?: Directory;
}

export async function addProvider(
  session: Session,
  slug: string,
  issuer: string,
  options: AddProviderOptions,
): Promise<void> {
  const { clientId, scope: scopes, directory } = options;
  const body: NewProvider = {
    slug,
    issuer,
    clientId,
    clientSecret: await readSecret(options, session.terminal),
    scopes,
    directory,
    ...claimSettings(options),
    ...newClaims(options),
  };
  const provider = await session.api.addProvider({ body });
  showProvider(session, provider);
  session.terminal.note(`Register this redirect URI with it: ${provider.redirectUri}`);
}

export interface EditProviderOptions extends ProviderOptions {
  /** False: Castellan is a public client there from now on. */
  readonly clientSecret?: boolean;
}

/** What was read is what is changed: if somebody was faster, `version_stale`, and nothing has changed. */
export async function editProvider(
  session: Session,
  slug: string,
  options: EditProviderOptions,
): Promise<void> {
  const { api, terminal } = session;
  const secret = await readSecret(options, terminal);
  const body: ProviderChange = {
    clientId: options.clientId,
    clientSecret: secret ?? (options.clientSecret === false ? null : undefined),
    scopes: options.scope,
    ...claimSettings(options),
    ...changedClaims(options),
  };
  assertSomething(body, "provider edit");
  const params = paramsOf(slug);
  const { version } = await api.getProvider({ params });
  showProvider(session, await api.changeProvider({ params, body, ifMatch: version }));
}

export async function removeProvider(
  session: Session,
  said: string,
  { yes }: { yes?: boolean },
): Promise<void> {
  const { terminal, api } = session;
  const params = paramsOf(said);
  await confirm(`Remove provider ${params.slug}? Nobody signs in with it any more.`, terminal, yes);
  await api.removeProvider({ params });
  show(session, { removed: params.slug }, () => terminal.print(`Provider ${params.slug} is removed`));
}

/** Faults: `secret_unreadable`, `usage_invalid`. */
async function readSecret(options: ProviderOptions, terminal: Terminal): Promise<string | undefined> {
  const { clientSecretEnv: variable, clientSecretFile: file } = options;
  if (variable !== undefined && file !== undefined)
    throw cliFaults.fault("usage_invalid", "--client-secret-env and --client-secret-file exclude each other");
  if (file !== undefined) return secretFromFile(file, terminal);
  return variable === undefined ? undefined : secretFromEnv(variable, terminal);
}

function paramsOf(slug: string): { slug: string } {
  return { slug: parseSlug(slug, "PROVIDER") };
}

function showProvider(session: Session, provider: Provider): void {
  const { terminal } = session;
  show(session, provider, () =>
    printDetails(
      {
        Provider: `${provider.slug} (${provider.title})`,
        Issuer: provider.issuer,
        Client: `${provider.clientId}${provider.hasClientSecret ? ", with a secret" : ", without a secret"}`,
        "Redirect URI": provider.redirectUri,
        "Asks for": provider.scopes.join(" "),
        ...claimDetails(provider),
      },
      terminal,
    ),
  );
}
