/** `castellan group …`: people that access rules are about together. */
import { pages, type Group, type GroupChange, type User } from "@castellan/client";
import { confirm } from "../input/confirm.ts";
import { findGroup, findUser, type Directory } from "../input/named.ts";
import { assertSomething } from "../input/some-of.ts";
import { printDetails, printTable } from "../output/table.ts";
import { show, type Session } from "../session.ts";

interface InDirectory {
  readonly directory?: Directory;
}

export async function listGroups(
  session: Session,
  { directory, search: q }: InDirectory & { search?: string },
): Promise<void> {
  const { terminal, api } = session;
  const items = await Array.fromAsync(pages(api.listGroups, { query: { directory, q, limit: 200 } }));
  show(session, { items }, () => {
    if (items.length === 0) return terminal.note("There is no such group: castellan group add NAME");
    return printTable(
      items,
      [
        { title: "NAME", value: ({ name }) => name, shrinks: true },
        { title: "DIRECTORY", value: (group) => group.directory },
        { title: "PEOPLE", value: ({ members }) => String(members), align: "right" },
        { title: "DESCRIPTION", value: ({ description }) => description || "-", shrinks: true },
        { title: "ID", value: ({ id }) => id },
      ],
      terminal,
    );
  });
}

export async function getGroup(session: Session, said: string, { directory }: InDirectory): Promise<void> {
  const { api } = session;
  const group = await findGroup(api, said, directory);
  const query = { group: group.name, directory: group.directory, limit: 200 };
  showGroup(session, group, await Array.fromAsync(pages(api.listUsers, { query })));
}

export async function addGroup(
  session: Session,
  name: string,
  { directory, description }: InDirectory & { description?: string },
): Promise<void> {
  showGroup(session, await session.api.addGroup({ body: { name, directory, description } }), []);
}

export interface EditGroupOptions extends InDirectory {
  readonly name?: string;
  readonly description?: string;
}

/** What was read is what is changed: if somebody was faster, `version_stale`, and nothing has changed. */
export async function editGroup(session: Session, said: string, options: EditGroupOptions): Promise<void> {
  const { name, description } = options;
  const body: GroupChange = { name, description };
  assertSomething(body, "group edit");
  const { id, version } = await findGroup(session.api, said, options.directory);
  showGroup(session, await session.api.changeGroup({ params: { id }, body, ifMatch: version }), undefined);
}

export async function removeGroup(
  session: Session,
  said: string,
  { directory, yes }: InDirectory & { yes?: boolean },
): Promise<void> {
  const { terminal, api } = session;
  const { id, name, members, version } = await findGroup(api, said, directory);
  const who = members === 1 ? "1 person loses" : `${members} people lose`;
  await confirm(`Remove group ${name}? ${who} what access rules give it.`, terminal, yes);
  await api.removeGroup({ params: { id }, ifMatch: version });
  show(session, { removed: id }, () => terminal.print(`Group ${name} is removed`));
}

/** Puts people in or takes them out; each is looked up before anything is changed. */
export async function changeMembers(
  session: Session,
  said: { group: string; users: readonly string[]; isIn: boolean },
  { directory }: InDirectory,
): Promise<void> {
  const { terminal, api } = session;
  const group = await findGroup(api, said.group, directory);
  const users: User[] = [];
  for (const one of said.users) users.push(await findUser(api, one, group.directory));
  const change = said.isIn ? api.addGroupMember : api.removeGroupMember;
  for (const { id } of users) await change({ params: { id: group.id, user: id } });
  const emails = users.map(({ email }) => email);
  show(session, { group: group.id, users: users.map(({ id }) => id), isIn: said.isIn }, () =>
    terminal.print(`${emails.join(", ")}: ${said.isIn ? "in" : "out of"} ${group.name}`),
  );
}

/** `users`: those in it, if they are known. */
function showGroup(session: Session, group: Group, users: readonly User[] | undefined): void {
  const { terminal } = session;
  show(session, group, () =>
    printDetails(
      {
        Group: group.name,
        Directory: group.directory,
        About: group.description || undefined,
        People: users?.map(({ email }) => email).join(", ") || String(group.members),
        ID: group.id,
      },
      terminal,
    ),
  );
}
