import type { Command } from "commander";
import type { CurateOptions } from "../commands/curate.ts";
import type { AddPortalOptions, EditPortalOptions } from "../commands/edit-portals.ts";
import type { AccessOptions, AllowOptions } from "../commands/portal-access.ts";
import type { PortalToolsOptions } from "../commands/portal-tools.ts";
import type { ListPortalsOptions } from "../commands/portals.ts";
import { curatedKindWords } from "../input/kind-words.ts";
import { directoryWords } from "../input/words.ts";
import type { SessionOptions } from "../session.ts";
import {
  choice,
  collect,
  collectList,
  collectWithout,
  destructive,
  family,
  open,
  remote,
  type Surroundings,
} from "./command.ts";

export function addPortalCommands(program: Command, surroundings: Surroundings): void {
  const portal = family(program, "portal", "MCP endpoints over a choice of servers");
  addEdits(portal, surroundings);
  addReads(portal, surroundings);
  addServers(portal, surroundings);
  addAccess(portal, surroundings);
}

function addEdits(portal: Command, { terminal }: Surroundings): void {
  const load = () => import("../commands/edit-portals.ts");
  settings(remote(portal, "add <slug>", "make a portal"))
    .option("--plain-names", "short for --naming plain")
    .action(async (slug: string, options: SessionOptions & AddPortalOptions) =>
      (await load()).addPortal(await open(options, terminal), slug, options),
    );
  settings(remote(portal, "edit <portal>", "change a portal; what is not named stays"))
    .option("--no-instructions", "it tells models nothing of its own")
    .option("--no-hostname", "it has no host name of its own")
    .option("--no-auto-accept", "it offers only what was approved")
    .option("--no-read-only", "rules and tokens alone say what is done there")
    .option("--no-listed", "the registry names it only to those who may use it")
    .option("--no-trust", "it takes no tokens of others")
    .action(async (slug: string, options: SessionOptions & EditPortalOptions) =>
      (await load()).editPortal(await open(options, terminal), slug, options),
    );
}

/** What can be said of a portal when it is added, and changed later. */
function settings(command: Command): Command {
  return command
    .option("--title <title>", "what people call it")
    .option("--servers <servers>", "its servers in their order, separated by commas; repeatable", collectList)
    .addOption(
      choice("--naming <naming>", "whether names of tools and prompts begin with {server}_", [
        "prefixed",
        "plain",
      ]),
    )
    .option(
      "--instructions <text>",
      "what models are told ahead of what its servers say; @FILE: the text in a file",
    )
    .option("--hostname <host>", "a host name of its own, at which it is /mcp")
    .option(
      "--auto-accept <kinds>",
      "what it offers without approval, separated by commas: tools, prompts, resources, templates, instructions, or all",
      collectList,
    )
    .option("--read-only", "nobody does more than read there, whatever rules and tokens say")
    .addOption(
      choice("--code-mode <rule>", "whether clients may be in Code Mode, must be, or must not", [
        "allowed",
        "forced",
        "forbidden",
      ]),
    )
    .option("--listed", "the registry names it to everybody")
    .addOption(choice("--directory <directory>", "whose people come in", directoryWords))
    .option(
      "--public-limit <limit>",
      "what is done for those without a token: requests-per-minute=600, requests-per-minute-per-address=60; repeatable",
      collect,
    )
    .option(
      "--trust <issuers>",
      "trusted issuers whose tokens it takes, and no others, separated by commas",
      collectList,
    );
}

function addAccess(portal: Command, { terminal }: Surroundings): void {
  const load = () => import("../commands/portal-access.ts");
  remote(portal, "access <portal>", "who may use what of a portal").action(
    async (slug: string, options: SessionOptions) =>
      (await load()).getPortalAccess(await open(options, terminal), slug),
  );
  whom(remote(portal, "allow <portal>", "let people use kinds of tools; what they may already stays"))
    .option("--class <classes>", "read,write,destructive; without, read", collectList)
    .option("--server <servers>", "only at these servers of it, separated by commas", collectList)
    .option("--until <end>", "only so long: 4h, 30d, to the end of a day (UTC), or until a time in ISO 8601")
    .action(async (slug: string, options: SessionOptions & AllowOptions) =>
      (await load()).allow(await open(options, terminal), slug, options),
    );
  whom(remote(portal, "disallow <portal>", "take away what `portal allow` gave"))
    .option("--class <classes>", "only these kinds; without, all", collectList)
    .option("--server <servers>", "only at these servers, separated by commas", collectList)
    .action(async (slug: string, options: SessionOptions & AccessOptions) =>
      (await load()).disallow(await open(options, terminal), slug, options),
    );
}

function whom(command: Command): Command {
  return command
    .option("--group <group>", "the people in this group")
    .option("--user <user>", "the person with this e-mail address")
    .option("--everyone", "everybody in the portal's directory")
    .option("--public", "whoever comes without a token, for reading only");
}

function addReads(portal: Command, { terminal }: Surroundings): void {
  const load = () => import("../commands/portals.ts");
  remote(portal, "list", "all portals")
    .option("--server <server>", "only those that offer this server")
    .option("--search <text>", "only with this text in slug or title")
    .action(async (options: SessionOptions & ListPortalsOptions) =>
      (await load()).listPortals(await open(options, terminal), options),
    );
  remote(portal, "show <portal>", "a portal, its URL, its servers and what it makes of them").action(
    async (slug: string, options: SessionOptions) =>
      (await load()).getPortal(await open(options, terminal), slug),
  );
  remote(portal, "tools <portal>", "the tools of its servers: under which name it offers each, or why not")
    .option("--search <text>", "only with this text in name, title or description")
    .addOption(choice("--state <state>", "only in this state", ["on", "off", "waiting"]))
    .action(async (slug: string, options: SessionOptions & PortalToolsOptions) => {
      const { listPortalTools } = await import("../commands/portal-tools.ts");
      await listPortalTools(await open(options, terminal), slug, options);
    });
  destructive(remote(portal, "remove <portal>", "remove a portal; its servers stay registered")).action(
    async (slug: string, options: SessionOptions & { yes?: boolean }) =>
      (await load()).removePortal(await open(options, terminal), slug, options),
  );
}

function addServers(portal: Command, { terminal }: Surroundings): void {
  const load = () => import("../commands/portals.ts");
  remote(portal, "add-server <portal> <server>", "offer a server in a portal").action(
    async (slug: string, server: string, options: SessionOptions) =>
      (await load()).addPortalServer(await open(options, terminal), slug, server),
  );
  remote(portal, "remove-server <portal> <server>", "take a server out of a portal").action(
    async (slug: string, server: string, options: SessionOptions) =>
      (await load()).removePortalServer(await open(options, terminal), slug, server),
  );
  remote(portal, "curate <portal> <server>", "choose, rename and describe what a portal offers of a server")
    .addOption(
      choice("--mode <mode>", "all: on unless switched off; allowlist: off unless switched on", [
        "all",
        "allowlist",
      ]),
    )
    .addOption(choice("--kind <kind>", "what the names below are of", curatedKindWords).default("tool"))
    .option("--on <name>", "switch it on; repeatable", collect)
    .option("--off <name>", "switch it off; repeatable", collect)
    .option("--alias <name>", "NAME=ALIAS: what callers call it; repeatable", collect)
    .option("--no-alias <name>", "it has its own name again; repeatable", collectWithout("="))
    .option("--describe <name>", "NAME=TEXT: what callers read about it; repeatable", collect)
    .option("--no-describe <name>", "it has its own description again; repeatable", collectWithout("="))
    .option("--reset <name>", "as if nothing had been said about it; repeatable", collect)
    .action(async (slug: string, server: string, options: SessionOptions & CurateOptions) => {
      const { curate } = await import("../commands/curate.ts");
      await curate(await open(options, terminal), slug, server, options);
    });
}
