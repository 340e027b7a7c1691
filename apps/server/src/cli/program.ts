/**
 * The table of commands. What a command does is loaded when it is called: `castellan --version` and
 * `castellan --help` load nothing but this.
 */
import { Command, CommanderError, Option } from "commander";
import { version } from "../version.ts";
import type { AddPortalOptions } from "./commands/portals.ts";
import type { AddServerOptions, EditServerOptions } from "./commands/servers.ts";
import type { CallsOptions } from "./commands/calls.ts";
import type { CreateTokenOptions } from "./commands/tokens.ts";
import type { Session, SessionOptions } from "./session.ts";
import type { Terminal } from "./terminal.ts";

/** Runs a command line, without the program's name, and returns the exit code. */
export async function runProgram(args: readonly string[], terminal: Terminal): Promise<number> {
  let exitCode = 0;
  const program = createProgram(terminal, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(args, { from: "user" });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError && isHelp(error)) return error.exitCode === 0 ? 0 : 2;
    const { reportError } = await import("./report-error.ts");
    return reportError(await toFault(error), terminal);
  }
}

/** It was asked for and has been printed, or a command is missing and help has been printed in its place. */
function isHelp({ code, exitCode }: CommanderError): boolean {
  return exitCode === 0 || code === "commander.help";
}

async function toFault(error: unknown): Promise<unknown> {
  if (!(error instanceof CommanderError)) return error;
  const { cliFaults } = await import("./faults.ts");
  const message = error.message
    .replace(/^error: /, "")
    .replaceAll("\n", " ")
    .trim();
  return cliFaults.fault("usage_invalid", message);
}

type Exit = (code: number) => void;

function createProgram(terminal: Terminal, exit: Exit): Command {
  const program = new Command("castellan")
    .description("Castellan: governed portals in front of MCP servers")
    .version(version, "--version")
    .exitOverride()
    // Errors are reported in one place, whoever finds them.
    .configureOutput({ writeOut: (text) => terminal.print(text.trimEnd()), outputError: () => undefined })
    .configureHelp({ helpWidth: terminal.width ?? 100 });
  program
    .command("up")
    .description("start the server in this folder, and serve until it is told to stop")
    .option("--demo", "also run three demo servers behind the default portal")
    .action(async ({ demo = false }: { demo?: boolean }) => {
      const { up } = await import("../house/up.ts");
      await up({ demo });
    });
  addServerCommands(program.command("server").description("MCP servers that are registered"), terminal);
  addPortalCommands(
    program.command("portal").description("MCP endpoints over a choice of servers"),
    terminal,
  );
  addTokenCommands(program.command("token").description("tokens with which programs come in"), terminal);
  addCallCommands(program, terminal, exit);
  remote(program, "doctor", "look whether everything is well, and say what to do where it is not").action(
    async (options: SessionOptions) => {
      const { runDoctor } = await import("./doctor/doctor.ts");
      exit(await runDoctor(options, terminal));
    },
  );
  return program;
}

function addServerCommands(server: Command, terminal: Terminal): void {
  const load = () => import("./commands/servers.ts");
  edits(remote(server, "add <slug> <url>", "register a server and read what it offers"))
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
    .action(async (slug: string, url: string, options: SessionOptions & AddServerOptions) =>
      (await load()).addServer(await open(options, terminal), slug, url, options),
    );
  edits(remote(server, "edit <slug>", "change a server; what is not named stays"))
    .option("--no-client-features", "it may ask clients for nothing")
    .option("--no-ui-hosts", "its pages may reach no host")
    .action(async (slug: string, options: SessionOptions & EditServerOptions) =>
      (await load()).editServer(await open(options, terminal), slug, options),
    );
  remote(server, "list", "all servers, with their state").action(async (options: SessionOptions) =>
    (await load()).listServers(await open(options, terminal)),
  );
  remote(server, "show <slug>", "a server and what it offers").action(
    async (slug: string, options: SessionOptions) =>
      (await load()).getServer(await open(options, terminal), slug),
  );
  remote(server, "sync <slug>", "read again what a server offers").action(
    async (slug: string, options: SessionOptions) =>
      (await load()).syncServer(await open(options, terminal), slug),
  );
  destructive(remote(server, "remove <slug>", "remove a server, also from its portals")).action(
    async (slug: string, options: SessionOptions & { yes?: boolean }) =>
      (await load()).removeServer(await open(options, terminal), slug, options),
  );
}

/** What can be said of a server when it is added, and changed later. */
function edits(command: Command): Command {
  return command
    .option("--title <title>", "what people call it")
    .option(
      "--client-features <features>",
      "what it may ask clients for, separated by commas: elicitation_form, elicitation_url, sampling, roots",
      collectList,
    )
    .option(
      "--ui-hosts <hosts>",
      "HOST, HOST:PORT or *.HOST that its pages (MCP Apps) may reach, separated by commas",
      collectList,
    );
}

function addPortalCommands(portal: Command, terminal: Terminal): void {
  const load = () => import("./commands/portals.ts");
  remote(portal, "add <slug>", "make a portal")
    .option("--title <title>", "what people call it")
    .option("--servers <slugs>", "its servers, separated by commas; repeatable", collectList)
    .option("--plain-names", "tools keep the names that their servers give them, without {server}_ before")
    .action(async (slug: string, options: SessionOptions & AddPortalOptions) =>
      (await load()).addPortal(await open(options, terminal), slug, options),
    );
  remote(portal, "list", "all portals").action(async (options: SessionOptions) =>
    (await load()).listPortals(await open(options, terminal)),
  );
  remote(portal, "show <slug>", "a portal, its URL and its servers").action(
    async (slug: string, options: SessionOptions) =>
      (await load()).getPortal(await open(options, terminal), slug),
  );
  remote(portal, "add-server <slug> <server>", "offer a server in a portal").action(
    async (slug: string, server: string, options: SessionOptions) =>
      (await load()).addPortalServer(await open(options, terminal), slug, server),
  );
  remote(portal, "remove-server <slug> <server>", "take a server out of a portal").action(
    async (slug: string, server: string, options: SessionOptions) =>
      (await load()).removePortalServer(await open(options, terminal), slug, server),
  );
  destructive(remote(portal, "remove <slug>", "remove a portal; its servers stay registered")).action(
    async (slug: string, options: SessionOptions & { yes?: boolean }) =>
      (await load()).removePortal(await open(options, terminal), slug, options),
  );
}

function addTokenCommands(token: Command, terminal: Terminal): void {
  const load = () => import("./commands/tokens.ts");
  remote(token, "create <name>", "make a token; it is printed once")
    .option("--portal <slug>", "a portal that it may use; repeatable", collect)
    .option("--admin", "it may manage the platform")
    .option("--expires <span>", "how long it is good for: 12h, 30d; without, until it is revoked")
    .action(async (name: string, options: SessionOptions & CreateTokenOptions) =>
      (await load()).createToken(await open(options, terminal), name, options),
    );
  remote(token, "list", "all tokens, newest first")
    .option("--revoked", "also those that were revoked")
    .action(async (options: SessionOptions & { revoked?: boolean }) =>
      (await load()).listTokens(await open(options, terminal), options),
    );
  destructive(remote(token, "revoke <token>", "end a token, given by its name or id, for good")).action(
    async (token: string, options: SessionOptions & { yes?: boolean }) =>
      (await load()).revokeToken(await open(options, terminal), token, options),
  );
}

function addCallCommands(program: Command, terminal: Terminal, exit: Exit): void {
  const load = () => import("./commands/calls.ts");
  const calls = remote(program, "calls", "the record of calls, the newest last")
    .option("--portal <slug>", "only through this portal")
    .option("--server <slug>", "only to this server")
    .option("--principal <token>", "only with this token, given by its name or id")
    .option("--method <method>", "only of this method: tools/call")
    .addOption(
      new Option("--outcome <outcome>", "only those that ended so").choices([
        "ok",
        "tool_error",
        "error",
        "refused",
        "cancelled",
      ]),
    )
    .option("--since <when>", "only those that began since: 15m, 1h, 2026-07-28T12:00:00Z")
    .option("--limit <count>", "at most so many", "50")
    .option("--follow", "go on and show calls as they are recorded")
    .action(async (options: SessionOptions & CallsOptions) =>
      (await load()).listCalls(await open(options, terminal), options),
    );
  remote(calls, "verify", "recompute the record's chains: was anything changed or removed?").action(
    // Both commands know the same options, and the outer one takes them.
    async (_options: SessionOptions, command: Command) =>
      exit(await (await load()).verifyCalls(await open(command.optsWithGlobals(), terminal))),
  );
}

/** A command that talks to a server. */
function remote(parent: Command, name: string, description: string): Command {
  return parent
    .command(name)
    .description(description)
    .option("--url <url>", "the server's URL; the token is CASTELLAN_TOKEN or in a file for this URL")
    .option("--data <folder>", "the data folder of a server on this machine")
    .option("--json", "output for programs");
}

function destructive(command: Command): Command {
  return command.option("--yes", "do not ask");
}

async function open(options: SessionOptions, terminal: Terminal): Promise<Session> {
  const { openSession } = await import("./session.ts");
  return openSession(options, terminal);
}

function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

function collectList(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, ...value.split(",").map((item) => item.trim())];
}
