/** What the commands are made of. */
import { Option, type Command } from "commander";
import { directoryWords } from "../input/words.ts";
import type { Session, SessionOptions } from "../session.ts";
import type { Terminal } from "../terminal.ts";

/** What a group of commands is declared with. */
export interface Surroundings {
  readonly terminal: Terminal;
  /** Says what the process is to end with, where that is not 0. */
  readonly exit: (code: number) => void;
}

/** A group of commands about one kind of thing: `castellan user …`, or `castellan users …`. */
export function family(program: Command, name: string, description: string, plural = `${name}s`): Command {
  return program.command(name).alias(plural).description(description);
}

/** A command that talks to a server. */
export function remote(parent: Command, name: string, description: string): Command {
  return parent
    .command(name)
    .description(description)
    .option("--url <url>", "the server's URL; the token is CASTELLAN_TOKEN or in a file for this URL")
    .option("--data <folder>", "the data folder of a server on this machine")
    .option("--json", "output for programs");
}

export function destructive(command: Command): Command {
  return command.option("--yes", "do not ask");
}

/** Whose people are meant, where a name is there in both directories. */
export function inDirectory(command: Command, description = "in which directory it is"): Command {
  return command.addOption(choice("--directory <directory>", description, directoryWords));
}

export function choice(flags: string, description: string, choices: readonly string[]): Option {
  return new Option(flags, description).choices(choices);
}

export async function open(options: SessionOptions, terminal: Terminal): Promise<Session> {
  const { openSession } = await import("../session.ts");
  return openSession(options, terminal);
}

type Collected = readonly string[] | false | undefined;

/** Every use of the option adds one; `--no-…` before is forgotten. */
export function collect(value: string, before: Collected): readonly string[] {
  return [...(before || []), value];
}

/** Every use of the option adds some, separated by commas. */
export function collectList(value: string, before: Collected): readonly string[] {
  return [...(before || []), ...value.split(",").map((item) => item.trim())];
}

/**
 * For `--no-alias NAME` beside `--alias NAME=ALIAS`: what is taken away is given with nothing, in the order in which
 * it was said.
 */
export function collectWithout(separator: string): (name: string, before: Collected) => readonly string[] {
  return (name, before) => collect(`${name}${separator}`, before);
}
