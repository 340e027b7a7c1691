import type { Command } from "commander";
import type { DecideOptions } from "../commands/decide.ts";
import type { DefinitionsOptions } from "../commands/definitions.ts";
import type { AddServerOptions, EditServerOptions } from "../commands/edit-servers.ts";
import type { ImportOptions } from "../commands/import-server.ts";
import type { ListServersOptions } from "../commands/servers.ts";
import type { SyncOptions } from "../commands/sync-servers.ts";
import { definitionKindWords } from "../input/kind-words.ts";
import type { SessionOptions } from "../session.ts";
import { addServerAccounts } from "./accounts.ts";
import { authOptions } from "./auth-options.ts";
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

export function addServerCommands(program: Command, surroundings: Surroundings): void {
  const server = family(program, "server", "MCP servers that are registered");
  addEdits(server, surroundings);
  addReads(server, surroundings);
  addReviews(server, surroundings);
  addServerAccounts(server, surroundings);
}

function addEdits(server: Command, { terminal }: Surroundings): void {
  const load = () => import("../commands/edit-servers.ts");
  settings(
    remote(
      server,
      "add <slug> [url]",
      "register a server and read what it offers; of an API the URL is where its document says, if absent",
    ),
  ).action(async (slug: string, url: string | undefined, options: SessionOptions & AddServerOptions) =>
    (await load()).addServer(await open(options, terminal), slug, url, options),
  );
  settings(remote(server, "edit <server>", "change a server; what is not named stays"))
    .option("--new-url <url>", "its URL from now on")
    .option("--no-header <name>", "a header that is not sent any more; repeatable", collectWithout(":"))
    .option("--no-bearer", "no bearer token is sent any more")
    .option("--no-allow-private", "it may be at public addresses only")
    .option("--no-client-features", "it may ask clients for nothing")
    .option("--no-ui-hosts", "its pages may reach no host")
    .option("--no-auto-accept", "all that is new or changed waits for approval")
    .option("--no-sync-every", "it is read as often as the others")
    .option(
      "--no-limit <limit>",
      "what is not limited any more: concurrency; repeatable",
      collectWithout("="),
    )
    .action(async (slug: string, options: SessionOptions & EditServerOptions) =>
      (await load()).editServer(await open(options, terminal), slug, options),
    );
  settings(
    remote(
      server,
      "import [source]",
      "register a server that a server.json describes, in a file or at a URL",
    ),
  )
    .option("--registry <url>", "take it from this MCP registry")
    .option("--name <name>", "its name there: io.github.acme/weather")
    .option("--slug <slug>", "what it is called here; without, made of its name")
    .option("--remote <number>", "which of its remotes, from 0")
    .option("--var <variable>", "NAME=VALUE: what the document asks for; repeatable", collect)
    .option("--var-env <variable>", "NAME=VARIABLE: the same, from a variable; repeatable", collect)
    .action(async (source: string | undefined, options: SessionOptions & ImportOptions) => {
      const { importServer } = await import("../commands/import-server.ts");
      await importServer(await open(options, terminal), source, options);
    });
}

/** What can be said of a server when it is added, and changed later. */
function settings(command: Command): Command {
  return authOptions(command)
    .option(
      "--openapi <document>",
      "it is an API that this document describes: a file, or a URL to fetch daily",
    )
    .addOption(
      choice("--face <face>", "how portals list an API: a tool for each operation, or two that take code", [
        "tools",
        "code",
      ]),
    )
    .option("--title <title>", "what people call it")
    .option("--description <text>", "what it is for, in a sentence")
    .addOption(choice("--transport <transport>", "how it is spoken to", ["auto", "streamable-http", "sse"]))
    .option("--header <header>", "'Name: value' to send with every request; repeatable", collect)
    .option(
      "--header-env <header>",
      "Name=VARIABLE: a header whose value is in a variable; repeatable",
      collect,
    )
    .option("--bearer-env <variable>", "the variable that holds its bearer token")
    .option("--bearer-file <file>", "the file that holds its bearer token; - is standard input")
    .option(
      "--allow-private <where>",
      "HOST, HOST:PORT or CIDR that it may be at although it is not public; repeatable",
      collect,
    )
    .option(
      "--client-features <features>",
      "what it may ask clients for, separated by commas: elicitation_form, elicitation_url, sampling, roots",
      collectList,
    )
    .option(
      "--ui-hosts <hosts>",
      "HOST, HOST:PORT or *.HOST that its pages (MCP Apps) may reach, separated by commas",
      collectList,
    )
    .option(
      "--auto-accept <kinds>",
      "what takes effect without approval, separated by commas: tools, prompts, resources, templates, instructions, or all",
      collectList,
    )
    .option("--sync-every <span>", "how often it is read: 30m; from 30s to 7d")
    .option(
      "--limit <limit>",
      "calls-per-minute=60, concurrency=10 or timeout=30s; person.… for each person, tool.NAME.… for one tool; repeatable",
      collect,
    );
}

function addReads(server: Command, { terminal, exit }: Surroundings): void {
  const load = () => import("../commands/servers.ts");
  remote(server, "list", "all servers, with their state")
    .addOption(
      choice("--status <status>", "only in this state", [
        "ready",
        "needs_attention",
        "stale",
        "error",
        "waiting",
      ]),
    )
    .option("--portal <portal>", "only those of this portal")
    .option("--search <text>", "only with this text in slug, title, description or URL")
    .action(async (options: SessionOptions & ListServersOptions) =>
      (await load()).listServers(await open(options, terminal), options),
    );
  remote(server, "show <server>", "a server and what it offers").action(
    async (slug: string, options: SessionOptions) =>
      (await load()).getServer(await open(options, terminal), slug),
  );
  remote(server, "sync [servers...]", "read again what servers offer")
    .option("--all", "all that are registered")
    .action(async (slugs: string[], options: SessionOptions & SyncOptions) => {
      const { syncServers } = await import("../commands/sync-servers.ts");
      exit(await syncServers(await open(options, terminal), slugs, options));
    });
  destructive(remote(server, "remove <server>", "remove a server, also from its portals")).action(
    async (slug: string, options: SessionOptions & { yes?: boolean }) =>
      (await load()).removeServer(await open(options, terminal), slug, options),
  );
}

function addReviews(server: Command, { terminal }: Surroundings): void {
  remote(server, "definitions <server>", "what a server lists, and what was decided about it")
    .option("--waiting", "only what waits for approval; without options so, where something waits")
    .option("--all", "all of it")
    .addOption(
      choice("--review <state>", "only in this state", [
        "approved",
        "accepted",
        "new",
        "changed",
        "rejected",
        "removed",
      ]),
    )
    .addOption(choice("--kind <kind>", "only of this kind", definitionKindWords))
    .option("--full", "whole definitions and differences, however long, also of what does not wait")
    .action(async (slug: string, options: SessionOptions & DefinitionsOptions) => {
      const { listDefinitions } = await import("../commands/definitions.ts");
      await listDefinitions(await open(options, terminal), slug, options);
    });
  const load = () => import("../commands/decide.ts");
  decision(remote(server, "approve <server> [names...]", "approve definitions as they are shown"))
    .option("--all", "all that wait")
    .option("--class <class>", "NAME=read, write or destructive: what a tool may do; repeatable", collect)
    .action(async (slug: string, names: string[], options: SessionOptions & DecideOptions) =>
      (await load()).approve(await open(options, terminal), slug, names, options),
    );
  decision(remote(server, "reject <server> <names...>", "reject definitions as they are shown")).action(
    async (slug: string, names: string[], options: SessionOptions & DecideOptions) =>
      (await load()).reject(await open(options, terminal), slug, names, options),
  );
}

function decision(command: Command): Command {
  return destructive(command)
    .addOption(choice("--kind <kind>", "only of this kind", definitionKindWords))
    .option("--full", "show whole definitions and differences, however long");
}
