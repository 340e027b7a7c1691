/**
 * The headers of a server and the secrets of its auth, from where the document says and what is stored: what has to be
 * written, what is missing.
 */
import { isDeepStrictEqual } from "node:util";
import { isHeaderValue, secretPlaces, type SecretRef } from "@castellan/calls";
import { authSecretProblem, isAuthSecretName } from "@castellan/credentials";
import type { ConfigurationDocument, ServerEntry } from "../document/document.ts";
import type { PresentServer } from "../present.ts";

/** The values of secrets by their reference (`env:TOKEN`), as whoever applies has looked them up. */
export type Secrets = Readonly<Record<string, string>>;

export interface NamedSecret {
  /** Of the header, or of the secret. */
  readonly name: string;
  readonly secretRef: string;
}

export interface PlannedSecrets {
  /** To be merged into those that are stored: a value is set, null takes it away. */
  readonly change: Readonly<Record<string, string | null>>;
  /** Names whose stored value is another one than the one that is given. */
  readonly rotated: readonly string[];
  /** Neither given nor stored. */
  readonly missing: readonly NamedSecret[];
  /** Given, and not what can be sent. */
  readonly unusable: readonly NamedSecret[];
}

export function planHeaders(
  { url, headers }: ServerEntry,
  present: PresentServer | undefined,
  secrets: Secrets,
): PlannedSecrets {
  return plan(headers, secrets, {
    // A value is not carried over to another origin: whoever changes the address would send it there.
    stays: present !== undefined && new URL(present.server.url).origin === new URL(url).origin,
    values: present?.headers,
    refs: present?.server.headerRefs,
    names: present?.server.headerNames ?? [],
    isUsable: (_, value) => isHeaderValue(value),
  });
}

export function planAuthSecrets(
  { url, auth, authSecrets }: ServerEntry,
  present: PresentServer | undefined,
  secrets: Secrets,
): PlannedSecrets {
  return plan(authSecrets, secrets, {
    stays:
      present !== undefined &&
      secretPlaces(present.server.url, present.server.auth) === secretPlaces(url, auth),
    values: present?.authSecrets as Secrets | undefined,
    refs: present?.server.authRefs,
    names: present?.server.authSecretNames ?? [],
    isUsable: (name, value) => isAuthSecretName(name) && authSecretProblem(name, value) === undefined,
  });
}

/** What is there already. */
interface Stored {
  /** Whether it may be sent to where it would be sent from now on. */
  readonly stays: boolean;
  readonly values: Secrets | undefined;
  readonly refs: Readonly<Record<string, SecretRef>> | undefined;
  readonly names: readonly string[];
  readonly isUsable: (name: string, value: string) => boolean;
}

function plan(
  wanted: Readonly<Record<string, SecretRef>>,
  secrets: Secrets,
  { stays, values, refs, names, isUsable }: Stored,
): PlannedSecrets {
  const change: Record<string, string | null> = {};
  const rotated: string[] = [];
  const missing: NamedSecret[] = [];
  const unusable: NamedSecret[] = [];
  const stored = stays ? values : undefined;

  for (const [name, ref] of Object.entries(wanted)) {
    const { secretRef } = ref;
    const secret = Object.hasOwn(secrets, secretRef) ? secrets[secretRef] : undefined;
    if (secret === undefined) {
      const isKept = stored?.[name] !== undefined && isDeepStrictEqual(refs?.[name], ref);
      if (!isKept) missing.push({ name, secretRef });
      continue;
    }
    const value = `${ref.prefix ?? ""}${secret}`;
    if (!isUsable(name, value)) unusable.push({ name, secretRef });
    if (stored?.[name] === value) continue;
    change[name] = value;
    if (stays && names.includes(name)) rotated.push(name);
  }
  for (const name of names) if (!Object.hasOwn(wanted, name)) change[name] = null;
  return { change, rotated, missing, unusable };
}

/** Every secret that a document names, each once: what whoever applies it looks up. */
export function secretRefs({ servers, providers }: ConfigurationDocument): string[] {
  const all = [
    ...Object.values(servers).flatMap(({ headers, authSecrets }) => [
      ...Object.values(headers),
      ...Object.values(authSecrets),
    ]),
    ...Object.values(providers).flatMap(({ clientSecret }) => clientSecret ?? []),
  ];
  return [...new Set(all.map(({ secretRef }) => secretRef))].toSorted();
}
