/**
 * The table of commands. What a command does is loaded when it is called: `castellan --version` and
 * `castellan --help` load nothing but this.
 */
import { Command, CommanderError } from "commander";
import { version } from "../version.ts";
import type { OwnerLinkOptions } from "./commands/owner-link.ts";
import { addAccountCommands } from "./program/accounts.ts";
import { addCallCommands } from "./program/calls.ts";
import { addCatalogCommand } from "./program/catalog.ts";
import { destructive, remote, type Surroundings } from "./program/command.ts";
import { addClientCommands } from "./program/clients.ts";
import { addCompletionCommands } from "./program/completion.ts";
import { addConfigurationCommands } from "./program/configuration.ts";
import { addIdentityCommands } from "./program/identity.ts";
import { addLoginCommands } from "./program/login.ts";
import { addNoticeCommands } from "./program/notices.ts";
import { addPeopleCommands } from "./program/people.ts";
import { addPolicyCommands } from "./program/policies.ts";
import { addPortalCommands } from "./program/portals.ts";
import { addRunCommands } from "./program/runs.ts";
import { addServerCommands } from "./program/servers.ts";
import { addTokenCommands } from "./program/tokens.ts";
import type { SessionOptions } from "./session.ts";
import type { Terminal } from "./terminal.ts";

/** Runs a command line, without the program's name, and returns the exit code. */
export async function runProgram(args: readonly string[], terminal: Terminal): Promise<number> {
  let exitCode = 0;
  const exit = (code: number) => {
    exitCode = code;
  };
  const program = createProgram({ terminal, exit });
  try {
    await program.parseAsync(args, { from: "user" });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError && isHelp(error)) return error.exitCode === 0 ? 0 : 2;
    const { reportError } = await import("./report-error.ts");
    return Math.max(exitCode, reportError(await toFault(error), terminal));
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

function createProgram(surroundings: Surroundings): Command {
  const { terminal } = surroundings;
  const program = new Command("castellan")
    .description("Castellan: governed portals in front of MCP servers")
    .version(version, "--version")
    .exitOverride()
    // Errors are reported in one place, whoever finds them.
    .configureOutput({ writeOut: (text) => terminal.print(text.trimEnd()), outputError: () => undefined })
    .configureHelp({ helpWidth: terminal.width ?? 100 });
  addUpCommand(program);
  addLoginCommands(program, surroundings);
  addServerCommands(program, surroundings);
  addPortalCommands(program, surroundings);
  addCatalogCommand(program, surroundings);
  addConfigurationCommands(program, surroundings);
  addPeopleCommands(program, surroundings);
  addAccountCommands(program, surroundings);
  addClientCommands(program, surroundings);
  addIdentityCommands(program, surroundings);
  addTokenCommands(program, surroundings);
  addPolicyCommands(program, surroundings);
  addNoticeCommands(program, surroundings);
  addRunCommands(program, surroundings);
  addCallCommands(program, surroundings);
  addDoctorCommand(program, surroundings);
  addOwnerLinkCommand(program, surroundings);
  addCompletionCommands(program, surroundings);
  return program;
}

function addUpCommand(program: Command): void {
  program
    .command("up")
    .description("start the server in this folder, and serve until it is told to stop")
    .option("--demo", "also run three demo servers behind the default portal")
    .action(async ({ demo = false }: { demo?: boolean }) => {
      const { up } = await import("../house/up.ts");
      await up({ demo });
    });
}

function addOwnerLinkCommand(program: Command, { terminal }: Surroundings): void {
  destructive(
    program
      .command("owner-link [user]")
      .description(
        "make a one-time link for the first owner, or for one who cannot sign in any more; by the data folder or DATABASE_URL, whether the server runs or not",
      )
      .option("--data <folder>", "the data folder of a server on this machine")
      .option("--json", "output for programs"),
  ).action(async (user: string | undefined, options: OwnerLinkOptions) => {
    const { makeOwnerLink } = await import("./commands/owner-link.ts");
    await makeOwnerLink(user, options, terminal);
  });
}

function addDoctorCommand(program: Command, { terminal, exit }: Surroundings): void {
  remote(program, "doctor", "look whether everything is well, and say what to do where it is not").action(
    async (options: SessionOptions) => {
      const { runDoctor } = await import("./doctor/doctor.ts");
      exit(await runDoctor(options, terminal));
    },
  );
}
