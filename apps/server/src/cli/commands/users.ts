/** `castellan user …`: the people of the platform. */
import { pages, type User, type UserChange } from "@castellan/client";
import { confirm } from "../input/confirm.ts";
import { findUser, type Directory } from "../input/named.ts";
import { assertSomething } from "../input/some-of.ts";
import { printDetails, printTable } from "../output/table.ts";
import { parseSpan, relativeTime, when } from "../output/times.ts";
import { show, type Session } from "../session.ts";

interface InDirectory {
  readonly directory?: Directory;
}

export interface ListUsersOptions extends InDirectory {
  readonly role?: User["role"];
  readonly status?: User["status"];
  readonly group?: string;
  readonly search?: string;
}

export async function listUsers(session: Session, options: ListUsersOptions): Promise<void> {
  const { terminal, api } = session;
  const { directory, role, status, group, search: q } = options;
  const query = { directory, role, status, group, q, limit: 200 };
  const items = await Array.fromAsync(pages(api.listUsers, { query }));
  const now = terminal.now();
  show(session, { items }, () => {
    if (items.length === 0) return terminal.note("Nobody fits");
    return printTable(
      items,
      [
        { title: "E-MAIL", value: ({ email }) => email, shrinks: true },
        { title: "NAME", value: ({ name }) => name, shrinks: true },
        { title: "DIRECTORY", value: (user) => user.directory },
        { title: "ROLE", value: (user) => user.role },
        {
          title: "STATUS",
          value: (user) => user.status,
          style: (user) => (user.status === "active" ? undefined : "red"),
        },
        { title: "GROUPS", value: ({ groups }) => groups.join(", ") || "-", shrinks: true },
        { title: "SIGNED IN", value: ({ lastSignedInAt }) => when(lastSignedInAt, now) },
        { title: "ID", value: ({ id }) => id },
      ],
      terminal,
    );
  });
}

export async function getUser(session: Session, said: string, { directory }: InDirectory): Promise<void> {
  showUser(session, await findUser(session.api, said, directory));
}

export interface AddUserOptions extends InDirectory {
  readonly name?: string;
  readonly role?: User["role"];
  readonly groups?: readonly string[];
}

export async function addUser(session: Session, email: string, options: AddUserOptions): Promise<void> {
  const { directory, role, groups, name = email } = options;
  const user = await session.api.addUser({ body: { email, name, directory, role, groups } });
  showUser(session, user);
  session.terminal.note(`A link with which they make their account: castellan user invite ${user.email}`);
}

export interface EditUserOptions extends InDirectory {
  readonly newEmail?: string;
  readonly name?: string;
  readonly role?: User["role"];
  readonly status?: User["status"];
  readonly groups?: readonly string[] | false;
  readonly yes?: boolean;
}

/** What was read is what is changed: if somebody was faster, `version_stale`, and nothing has changed. */
export async function editUser(session: Session, said: string, options: EditUserOptions): Promise<void> {
  const { newEmail: email, name, role, status } = options;
  const groups = options.groups === false ? [] : options.groups;
  const body: UserChange = { email, name, role, status, groups };
  assertSomething(body, "user edit");
  const { api, terminal } = session;
  const user = await findUser(api, said, options.directory);
  if (status === "suspended" && user.status !== "suspended")
    await confirm(
      `Suspend ${user.email}? All of their sessions and grants end at once.`,
      terminal,
      options.yes,
    );
  showUser(session, await api.changeUser({ params: { id: user.id }, body, ifMatch: user.version }));
}

export async function removeUser(
  session: Session,
  said: string,
  options: InDirectory & { yes?: boolean },
): Promise<void> {
  const { terminal, api } = session;
  const user = await findUser(api, said, options.directory);
  const what = `Remove ${user.email}, with their sessions, grants and memberships?`;
  await confirm(what, terminal, options.yes);
  await api.removeUser({ params: { id: user.id }, ifMatch: user.version });
  show(session, { removed: user.id }, () => terminal.print(`${user.email} is removed`));
}

export interface InviteOptions extends InDirectory {
  /** A span: `2d`. */
  readonly expires?: string;
  /** Ends the link that there is, in place of making one. */
  readonly end?: boolean;
}

/** The link is alone on standard output. */
export async function inviteUser(session: Session, said: string, options: InviteOptions): Promise<void> {
  const { terminal, api } = session;
  const { expires, end = false } = options;
  const expiresInSeconds = expires === undefined ? undefined : parseSpan(expires, "--expires") / 1000;
  const user = await findUser(api, said, options.directory);
  if (end) {
    await api.endInvitations({ params: { id: user.id } });
    return show(session, { ended: user.id }, () =>
      terminal.print(`No link makes anybody ${user.email} any more`),
    );
  }
  const made = await api.addInvitation({ params: { id: user.id }, body: { expiresInSeconds } });
  show(session, made, ({ url }) => terminal.print(url));
  const until = relativeTime(made.expiresAt, terminal.now());
  terminal.note(
    `Give it to ${user.email} and to nobody else: who opens it is them from then on. It works once, and ends ${until}.`,
  );
}

function showUser(session: Session, user: User): void {
  const { terminal } = session;
  const now = terminal.now();
  show(session, user, () =>
    printDetails(
      {
        Person: `${user.name} (${user.email})`,
        Directory: user.directory,
        Role: user.role,
        Status: user.status,
        Groups: user.groups.join(", ") || "none",
        Made: relativeTime(user.createdAt, now),
        "Signed in": when(user.lastSignedInAt, now),
        ID: user.id,
      },
      terminal,
    ),
  );
}
