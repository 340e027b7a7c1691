/** Who may say yes or no, for one person and as keys that the database can look up. */
import type { Approval, Asker, Deciders, Need, Person } from "./approval.ts";

/**
 * Rules name groups and people of the company. Somebody of the customers' directory may have the same address, or be in a
 * group of the same name, and is somebody else.
 */
const company = "workforce";

type Asked = Pick<Approval, "asker" | "needs">;

/**
 * Whether this person may decide for these deciders. Whoever asked may only where that is said (`self`), whatever group they
 * are in; by their address, too, for one human can have an account in either directory.
 */
export function fits(person: Person, { self, groups = [], people = [] }: Deciders, asker: Asker): boolean {
  if (person.id === asker.id) return self === true;
  if (person.directory !== company || person.email === asker.email) return false;
  return people.includes(person.email) || groups.some((group) => person.groups.includes(group));
}

export function mayDecide(person: Person, need: Need, asker: Asker): boolean {
  return need.kind === "decision" && fits(person, need.deciders, asker);
}

/** Whether the request is for this person to see. */
export function maySee(person: Person, { asker, needs }: Asked): boolean {
  return person.id === asker.id || needs.some((need) => mayDecide(person, need, asker));
}

/** Of those who may decide one of these needs: `group:…`, `person:…`, `self:…`. */
export function deciderKeys(needs: readonly Need[], asker: Asker): string[] {
  const keys = needs.flatMap((need) => {
    if (need.kind !== "decision") return [];
    const { self, groups = [], people = [] } = need.deciders;
    return [
      ...(self === true ? [selfKey(asker.id)] : []),
      ...groups.map((group) => `group:${group}`),
      ...people.map((email) => `person:${email}`),
    ];
  });
  return [...new Set(keys)];
}

/** By which this person may decide what others ask for. */
export function keysOf({ directory, groups, email }: Person): string[] {
  return directory === company ? [`person:${email}`, ...groups.map((group) => `group:${group}`)] : [];
}

/** By which somebody may decide what they asked for themselves. */
export function selfKey(id: string): string {
  return `self:${id}`;
}
