/** `castellan issuer …`: other authorization servers whose tokens portals may take. */
import {
  pages,
  type NewTrustedIssuer,
  type TrustedIssuer,
  type TrustedIssuerChange,
} from "@castellan/client";
import { parseSlug } from "@castellan/kernel";
import { changedClaims, claimDetails, claimSettings, newClaims, type ClaimOptions } from "../input/claims.ts";
import { confirm } from "../input/confirm.ts";
import type { Directory } from "../input/named.ts";
import { assertSomething } from "../input/some-of.ts";
import { printDetails, printTable } from "../output/table.ts";
import { show, type Session } from "../session.ts";

export async function listIssuers(session: Session): Promise<void> {
  const { terminal, api } = session;
  const items = await Array.fromAsync(pages(api.listTrustedIssuers, { query: { limit: 200 } }));
  show(session, { items }, () => {
    if (items.length === 0)
      return terminal.note("No issuer is trusted yet: castellan issuer add SLUG ISSUER --audience TEXT");
    return printTable(
      items,
      [
        { title: "SLUG", value: ({ slug }) => slug },
        { title: "TITLE", value: ({ title }) => title, shrinks: true },
        { title: "DIRECTORY", value: ({ directory }) => directory },
        { title: "ENABLED", value: ({ isEnabled }) => (isEnabled ? "yes" : "no") },
        { title: "ISSUER", value: ({ issuer }) => issuer, shrinks: true },
        { title: "AUDIENCE", value: ({ audience }) => audience, shrinks: true },
      ],
      terminal,
    );
  });
}

export async function getIssuer(session: Session, slug: string): Promise<void> {
  showIssuer(session, await session.api.getTrustedIssuer({ params: paramsOf(slug) }));
}

interface IssuerOptions extends ClaimOptions {
  readonly audience?: string;
  readonly jwksUri?: string | false;
  readonly algorithm?: readonly string[];
  readonly scopesClaim?: string | false;
}

type Algorithms = NonNullable<NewTrustedIssuer["algorithms"]>;

export interface AddIssuerOptions extends IssuerOptions {
  readonly audience: string;
  readonly directory?: Directory;
}

export async function addIssuer(
  session: Session,
  slug: string,
  issuer: string,
  options: AddIssuerOptions,
): Promise<void> {
  const { audience, jwksUri, algorithm, scopesClaim, directory } = options;
  const body: NewTrustedIssuer = {
    slug,
    issuer,
    audience,
    directory,
    jwksUri: jwksUri || undefined,
    // Which there are, the server knows.
    algorithms: algorithm as Algorithms | undefined,
    scopesClaim: scopesClaim || undefined,
    ...claimSettings(options),
    ...newClaims(options),
  };
  showIssuer(session, await session.api.addTrustedIssuer({ body }));
  session.terminal.note(`No portal takes its tokens yet: castellan portal edit PORTAL --trust ${slug}`);
}

export interface EditIssuerOptions extends IssuerOptions {}

/** What was read is what is changed: if somebody was faster, `version_stale`, and nothing has changed. */
export async function editIssuer(session: Session, slug: string, options: EditIssuerOptions): Promise<void> {
  const { api } = session;
  const { audience, jwksUri, algorithm, scopesClaim } = options;
  const body: TrustedIssuerChange = {
    audience,
    jwksUri: jwksUri === false ? null : jwksUri,
    algorithms: algorithm as Algorithms | undefined,
    scopesClaim: scopesClaim === false ? null : scopesClaim,
    ...claimSettings(options),
    ...changedClaims(options),
  };
  assertSomething(body, "issuer edit");
  const params = paramsOf(slug);
  const { version } = await api.getTrustedIssuer({ params });
  showIssuer(session, await api.changeTrustedIssuer({ params, body, ifMatch: version }));
}

export async function removeIssuer(
  session: Session,
  said: string,
  { yes }: { yes?: boolean },
): Promise<void> {
  const { terminal, api } = session;
  const params = paramsOf(said);
  await confirm(`Remove trusted issuer ${params.slug}? No portal takes its tokens any more.`, terminal, yes);
  await api.removeTrustedIssuer({ params });
  show(session, { removed: params.slug }, () => terminal.print(`Trusted issuer ${params.slug} is removed`));
}

function paramsOf(slug: string): { slug: string } {
  return { slug: parseSlug(slug, "ISSUER") };
}

function showIssuer(session: Session, issuer: TrustedIssuer): void {
  const { terminal } = session;
  show(session, issuer, () =>
    printDetails(
      {
        "Trusted issuer": `${issuer.slug} (${issuer.title})`,
        Issuer: issuer.issuer,
        Audience: issuer.audience,
        Keys: issuer.jwksUri ?? "where its metadata say",
        Algorithms: issuer.algorithms.join(", "),
        Scopes: issuer.scopesClaim === undefined ? "whatever the person may do" : `in ${issuer.scopesClaim}`,
        ...claimDetails(issuer),
      },
      terminal,
    ),
  );
}
