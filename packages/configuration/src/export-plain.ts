/** Groups, providers, issuers and clients as parts of a document. */
import type { ConfigurationInput } from "./document/document.ts";
import { plainKinds } from "./kinds/plain-kinds.ts";
import type { PlainKind } from "./kinds/plain-kind.ts";
import type { ManagedPlain, Present } from "./present.ts";
import { withoutDefaults } from "./without-defaults.ts";

/** What there is nothing of is left out. */
export function exportPlain(plain: Present["plain"]): Partial<ConfigurationInput> {
  const document: Section = {};
  for (const of of plainKinds)
    for (const [key, known] of plain.get(of.kind) ?? []) {
      const path = of.pathOf(key);
      // No reader of documents takes that for a name.
      if (!path.includes("__proto__")) put(document, path, entryOf(of, known));
    }
  return document;
}

interface Section {
  [name: string]: Section | object;
}

function put(section: Section, [name = "", ...below]: readonly string[], entry: object): void {
  if (below.length === 0) section[name] = entry;
  else {
    if (!Object.hasOwn(section, name)) section[name] = {};
    put(section[name] as Section, below, entry);
  }
}

function entryOf(of: PlainKind, known: ManagedPlain): object {
  const own = withoutDefaults(known.entry, of.defaultsFor(known.key));
  if (of.secretField === undefined || known.hasSecret !== true) return own;
  return { ...own, [of.secretField]: { secretRef: known.managed?.secretRef ?? variableFor(of, known.key) } };
}

/** Of one that was set by hand: `env:PROVIDER_ENTRA_CLIENTSECRET`. Slugs have no underscore, so no two are one. */
function variableFor({ kind, secretField = "" }: PlainKind, key: string): string {
  return `env:${`${kind}_${key}_${secretField}`.replaceAll("-", "_").toUpperCase()}`;
}
