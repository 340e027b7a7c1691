/** `castellan account …`, and what of accounts belongs to a server. */
import type { Command } from "commander";
import type { LoginServerOptions, PageOptions } from "../commands/accounts.ts";
import type { SessionOptions } from "../session.ts";
import { collect, destructive, family, open, remote, type Surroundings } from "./command.ts";

const load = () => import("../commands/accounts.ts");

export function addAccountCommands(program: Command, { terminal }: Surroundings): void {
  const account = family(
    program,
    "account",
    "your accounts at servers where each person signs in themselves",
  );
  remote(account, "list", "your accounts, and the servers that want one").action(
    async (options: SessionOptions) => (await load()).listAccounts(await open(options, terminal)),
  );
  withPage(remote(account, "link <server>", "sign in at a server, or once more: the page for it")).action(
    async (server: string, options: SessionOptions & PageOptions) =>
      (await load()).linkAccount(await open(options, terminal), server, options),
  );
  destructive(
    remote(account, "unlink <account>", "forget your account, given by server or id, and revoke its tokens"),
  ).action(async (said: string, options: SessionOptions & { yes?: boolean }) =>
    (await load()).unlinkAccount(await open(options, terminal), said, options),
  );
}

/** Below `castellan server`. */
export function addServerAccounts(server: Command, { terminal }: Surroundings): void {
  withPage(
    remote(server, "login <server>", "sign in at a server for all: its lists are read with it").option(
      "--scope <scope>",
      "to be allowed beside what was granted already; repeatable",
      collect,
    ),
  ).action(async (slug: string, options: SessionOptions & LoginServerOptions) =>
    (await load()).loginServer(await open(options, terminal), slug, options),
  );
  remote(server, "accounts <server>", "who has signed in at a server, and what fails").action(
    async (slug: string, options: SessionOptions) =>
      (await load()).listServerAccounts(await open(options, terminal), slug),
  );
  destructive(
    remote(
      server,
      "unlink <server> <account>",
      "forget somebody's account at a server, and revoke its tokens",
    ),
  ).action(async (slug: string, id: string, options: SessionOptions & { yes?: boolean }) =>
    (await load()).endAccount(await open(options, terminal), slug, id, options),
  );
}

function withPage(command: Command): Command {
  return command.option("--no-browser", "only print the page's address");
}
