/** The headers of a server, from where the document says and what is stored: what has to be written, what is missing. */
import { isDeepStrictEqual } from "node:util";
import { isHeaderValue, type SecretRef } from "@castellan/calls";
import type { ConfigurationDocument, ServerEntry } from "../document/document.ts";
import type { PresentServer } from "../present.ts";

/** The values of secrets by their reference (`env:TOKEN`), as whoever applies has looked them up. */
export type Secrets = Readonly<Record<string, string>>;

export interface MissingSecret {
  readonly header: string;
  readonly secretRef: string;
}

export interface PlannedHeaders {
  /** To be merged into those that are stored: a value is set, null takes the header away. */
  readonly change: Readonly<Record<string, string | null>>;
  /** Headers whose stored value is another one than the one that is given. */
  readonly rotated: readonly string[];
  /** Neither given nor stored. */
  readonly missing: readonly MissingSecret[];
  /** Given, and no header's value. */
  readonly unusable: readonly MissingSecret[];
}

export function planHeaders(
  { url, headers }: ServerEntry,
  present: PresentServer | undefined,
  secrets: Secrets,
): PlannedHeaders {
  const change: Record<string, string | null> = {};
  const rotated: string[] = [];
  const missing: MissingSecret[] = [];
  const unusable: MissingSecret[] = [];
  // A value is not carried over to another origin: whoever changes the address would send it there.
  const stays = present !== undefined && new URL(present.server.url).origin === new URL(url).origin;
  const stored = stays ? present.headers : undefined;

  for (const [header, ref] of Object.entries(headers)) {
    const { secretRef } = ref;
    const secret = Object.hasOwn(secrets, secretRef) ? secrets[secretRef] : undefined;
    if (secret === undefined) {
      const isKept = stored?.[header] !== undefined && isSame(present?.server.headerRefs[header], ref);
      if (!isKept) missing.push({ header, secretRef });
      continue;
    }
    const value = `${ref.prefix ?? ""}${secret}`;
    if (!isHeaderValue(value)) unusable.push({ header, secretRef });
    if (stored?.[header] === value) continue;
    change[header] = value;
    if (stays && present.server.headerNames.includes(header)) rotated.push(header);
  }
  for (const header of present?.server.headerNames ?? [])
    if (!Object.hasOwn(headers, header)) change[header] = null;
  return { change, rotated, missing, unusable };
}

function isSame(a: SecretRef | undefined, b: SecretRef): boolean {
  return isDeepStrictEqual(a, b);
}

/** Every secret that a document names, each once: what whoever applies it looks up. */
export function secretRefs({ servers, providers }: ConfigurationDocument): string[] {
  const all = [
    ...Object.values(servers).flatMap(({ headers }) => Object.values(headers)),
    ...Object.values(providers).flatMap(({ clientSecret }) => clientSecret ?? []),
  ];
  return [...new Set(all.map(({ secretRef }) => secretRef))].toSorted();
}
