/** `castellan user`, `group`, `session` and `grant`. */
import type { Command } from "commander";
import type { EditGroupOptions } from "../commands/groups.ts";
import type { ListGrantsOptions } from "../commands/grants.ts";
import type { EndOptions } from "../commands/sessions.ts";
import type { AddUserOptions, EditUserOptions, InviteOptions, ListUsersOptions } from "../commands/users.ts";
import type { Directory } from "../input/named.ts";
import { roleWords, statusWords } from "../input/words.ts";
import type { SessionOptions } from "../session.ts";
import {
  choice,
  collectList,
  destructive,
  family,
  inDirectory,
  open,
  remote,
  type Surroundings,
} from "./command.ts";

type InDirectory = SessionOptions & { readonly directory?: Directory };

export function addPeopleCommands(program: Command, surroundings: Surroundings): void {
  const user = family(program, "user", "people, each given by e-mail address or id");
  addUsers(user, surroundings);
  addUserEdits(user, surroundings);
  const group = family(program, "group", "groups of people, each given by name or id");
  addGroups(group, surroundings);
  addMembers(group, surroundings);
  addSessions(family(program, "session", "browsers in which people are signed in"), surroundings);
  addGrants(family(program, "grant", "what people have allowed OAuth clients"), surroundings);
}

function addUsers(user: Command, { terminal }: Surroundings): void {
  const load = () => import("../commands/users.ts");
  inDirectory(remote(user, "list", "all people"), "only of this directory")
    .addOption(choice("--role <role>", "only with this role", roleWords))
    .addOption(choice("--status <status>", "only with this status", statusWords))
    .option("--group <group>", "only those in the group of this name")
    .option("--search <text>", "only with this text in address or name")
    .action(async (options: SessionOptions & ListUsersOptions) =>
      (await load()).listUsers(await open(options, terminal), options),
    );
  inDirectory(remote(user, "show <user>", "one person")).action(async (said: string, options: InDirectory) =>
    (await load()).getUser(await open(options, terminal), said, options),
  );
  inDirectory(remote(user, "invite <user>", "make a one-time link by which they set how they sign in"))
    .option("--expires <span>", "how long it is good for, from 5m to 7d; without, 24h")
    .option("--end", "make none, and end the one that there is")
    .action(async (said: string, options: SessionOptions & InviteOptions) =>
      (await load()).inviteUser(await open(options, terminal), said, options),
    );
}

function addUserEdits(user: Command, { terminal }: Surroundings): void {
  const load = () => import("../commands/users.ts");
  inDirectory(remote(user, "add <email>", "add a person"), "where they are; without, workforce")
    .option("--name <name>", "what they are called; without, their address")
    .addOption(choice("--role <role>", "what they may do with the platform; without, member", roleWords))
    .option("--groups <groups>", "groups that they are in, separated by commas; repeatable", collectList)
    .action(async (email: string, options: SessionOptions & AddUserOptions) =>
      (await load()).addUser(await open(options, terminal), email, options),
    );
  destructive(inDirectory(remote(user, "edit <user>", "change a person; what is not named stays")))
    .option("--new-email <email>", "their address from now on")
    .option("--name <name>", "what they are called")
    .addOption(choice("--role <role>", "what they may do with the platform", roleWords))
    .addOption(choice("--status <status>", "suspended: they are let in nowhere", statusWords))
    .option(
      "--groups <groups>",
      "all groups that they are in by an admin's word, separated by commas",
      collectList,
    )
    .option("--no-groups", "by an admin's word they are in none")
    .action(async (said: string, options: SessionOptions & EditUserOptions) =>
      (await load()).editUser(await open(options, terminal), said, options),
    );
  destructive(
    inDirectory(remote(user, "remove <user>", "remove a person, with all that hangs on them")),
  ).action(async (said: string, options: InDirectory & { yes?: boolean }) =>
    (await load()).removeUser(await open(options, terminal), said, options),
  );
}

function addGroups(group: Command, { terminal }: Surroundings): void {
  const load = () => import("../commands/groups.ts");
  inDirectory(remote(group, "list", "all groups"), "only of this directory")
    .option("--search <text>", "only with this text in name or description")
    .action(async (options: InDirectory & { search?: string }) =>
      (await load()).listGroups(await open(options, terminal), options),
    );
  inDirectory(remote(group, "show <group>", "a group and who is in it")).action(
    async (said: string, options: InDirectory) =>
      (await load()).getGroup(await open(options, terminal), said, options),
  );
  inDirectory(remote(group, "add <name>", "make a group"), "whose people it is of; without, workforce")
    .option("--description <text>", "what it is for")
    .action(async (name: string, options: InDirectory & { description?: string }) =>
      (await load()).addGroup(await open(options, terminal), name, options),
    );
  inDirectory(remote(group, "edit <group>", "change a group; what is not named stays"))
    .option("--name <name>", "what it is called; access rules follow")
    .option("--description <text>", "what it is for")
    .action(async (said: string, options: SessionOptions & EditGroupOptions) =>
      (await load()).editGroup(await open(options, terminal), said, options),
    );
  destructive(inDirectory(remote(group, "remove <group>", "remove a group; its people stay"))).action(
    async (said: string, options: InDirectory & { yes?: boolean }) =>
      (await load()).removeGroup(await open(options, terminal), said, options),
  );
}

function addMembers(group: Command, { terminal }: Surroundings): void {
  for (const [name, description, isIn] of [
    ["add-member", "put people into a group", true],
    ["remove-member", "take people out of a group", false],
  ] as const)
    inDirectory(remote(group, `${name} <group> <user...>`, description)).action(
      async (said: string, users: string[], options: InDirectory) => {
        const { changeMembers } = await import("../commands/groups.ts");
        await changeMembers(await open(options, terminal), { group: said, users, isIn }, options);
      },
    );
}

function addSessions(session: Command, { terminal }: Surroundings): void {
  const load = () => import("../commands/sessions.ts");
  inDirectory(remote(session, "list [user]", "where somebody is signed in; without anybody, you")).action(
    async (said: string | undefined, options: InDirectory) =>
      (await load()).listSessions(await open(options, terminal), said, options),
  );
  endable(remote(session, "end <session>", "sign a browser out, given by the session's id")).action(
    async (id: string, options: SessionOptions & EndOptions) =>
      (await load()).endSession(await open(options, terminal), id, options),
  );
}

function addGrants(grant: Command, { terminal }: Surroundings): void {
  const load = () => import("../commands/grants.ts");
  inDirectory(remote(grant, "list", "which clients people have let in, and for what"), "of the person")
    .option("--user <user>", "only what this person gave")
    .option("--client <client>", "only what the client with this id has")
    .option("--portal <portal>", "only at this portal")
    .option("--ended", "also what has ended")
    .option("--mine", "only what you gave")
    .action(async (options: SessionOptions & ListGrantsOptions) =>
      (await load()).listGrants(await open(options, terminal), options),
    );
  endable(remote(grant, "end <grant>", "shut a client out again, given by the grant's id")).action(
    async (id: string, options: SessionOptions & EndOptions) =>
      (await load()).endGrant(await open(options, terminal), id, options),
  );
}

function endable(command: Command): Command {
  return destructive(command.option("--mine", "it is yours: takes no admin"));
}
