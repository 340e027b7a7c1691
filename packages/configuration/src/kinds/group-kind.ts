/** Groups: that they are there. Who is in them is said by providers, or by hand. */
import { directories, type Directory, type Group } from "@castellan/access";
import type { Id } from "@castellan/kernel";
import type { GroupEntry } from "../document/document.ts";
import type { PlainKind, PlainStores, PresentPlain } from "./plain-kind.ts";

const pageSize = 1000;

export const groupKind: PlainKind<GroupEntry> = {
  kind: "group",
  wantedIn: ({ groups }) =>
    directories.flatMap((directory) =>
      Object.entries(groups[directory]).map(([name, entry]): [string, GroupEntry] => [
        groupKey({ directory, name }),
        entry,
      ]),
    ),
  pathOf(key) {
    const { directory, name } = fromKey(key);
    return ["groups", directory, name];
  },
  defaultsFor: () => ({ description: "" }),
  fixed: [],
  isOwners: false,
  list: async ({ groups }) =>
    (await allGroups(groups)).map((group) => ({
      key: groupKey(group),
      identity: group.id,
      version: group.version,
      entry: { description: group.description },
    })),
  add: async ({ groups }, { key, entry }) => (await groups.add({ ...fromKey(key), ...entry })).id,
  async change({ groups }, { entry }, present) {
    await groups.change(idOf(present), entry, { ifMatch: present.version });
  },
  remove: ({ groups }, present) => groups.remove(idOf(present), { ifMatch: present.version }),
};

export function groupKey({ directory, name }: Pick<Group, "directory" | "name">): string {
  return `${directory} ${name}`;
}

function fromKey(key: string): { directory: Directory; name: string } {
  const space = key.indexOf(" ");
  return { directory: key.slice(0, space) as Directory, name: key.slice(space + 1) };
}

function idOf({ identity }: PresentPlain<GroupEntry>): Id<"group"> {
  return identity as Id<"group">;
}

async function allGroups(groups: PlainStores["groups"]): Promise<Group[]> {
  const all: Group[] = [];
  let after: string | undefined;
  do {
    const page = await groups.page({ limit: pageSize, after });
    all.push(...page.items);
    after = page.next;
  } while (after !== undefined);
  return all;
}
