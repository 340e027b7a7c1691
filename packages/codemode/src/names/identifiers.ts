/** The identifiers of all tools of a scope: each has one of its own, whatever the order in which they are listed. */
import { toIdentifier } from "./identifier.ts";

export interface Identifiers {
  /** Of a public name. */
  identifierOf(publicName: string): string | undefined;
  /** The public name that code means: by its identifier, or written as it is listed (`codemode["get-weather"]`). */
  resolve(written: string): string | undefined;
}

/**
 * A name that is an identifier already keeps it; the others get what is left, in the order of their code units, with `_2`, `_3` where two come
 * out the same. `publicNames` are unique.
 */
export function nameTools(publicNames: Iterable<string>): Identifiers {
  const byIdentifier = new Map<string, string>();
  const byName = new Map<string, string>();
  const nextOf = new Map<string, number>();
  const give = (name: string, identifier: string) => {
    byIdentifier.set(identifier, name);
    byName.set(name, identifier);
  };
  const unfit: string[] = [];
  for (const name of publicNames) {
    if (toIdentifier(name) === name) give(name, name);
    else unfit.push(name);
  }
  for (const name of unfit.toSorted(byCodeUnits)) {
    const identifier = toIdentifier(name);
    let free = identifier;
    for (let n = nextOf.get(identifier) ?? 2; byIdentifier.has(free); n++) {
      free = `${identifier}_${n}`;
      nextOf.set(identifier, n + 1);
    }
    give(name, free);
  }
  return {
    identifierOf: (name) => byName.get(name),
    resolve: (written) => byIdentifier.get(written) ?? (byName.has(written) ? written : undefined),
  };
}

function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
