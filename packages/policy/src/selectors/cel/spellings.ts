/**
 * Names as readers of JSON take them that do not look at case (Go's is one): of `amount` and `Amount` they take the last, and
 * a rule that looks at one would be told nothing of the other.
 */

/** Each name by what it is to such readers; undefined where several are one to them. */
export function spellingsOf(names: readonly string[]): ReadonlyMap<string, string | undefined> {
  const spellings = new Map<string, string | undefined>();
  for (const name of names) {
    const key = folded(name);
    spellings.set(key, spellings.has(key) ? undefined : name);
  }
  return spellings;
}

/** Both ways: the long s is a capital S, and the sign for kelvin a small k. */
export function folded(name: string): string {
  return name.toUpperCase().toLowerCase();
}
