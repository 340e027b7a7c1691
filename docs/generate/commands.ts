/** The commands as they describe themselves: their own help is asked for and read. */
import { runProgram } from "../../apps/server/src/cli/program.ts";
import type { Terminal } from "../../apps/server/src/cli/terminal.ts";

export interface Command {
  /** The words after `castellan`: `["server", "add"]`. */
  readonly path: readonly string[];
  readonly help: string;
  /** Flag, long or short → whether a value follows it. */
  readonly options: ReadonlyMap<string, boolean>;
  readonly subcommands: readonly string[];
  /** The arguments as the help writes them: `<slug>`, `[where]`, `[names...]`. */
  readonly arguments: readonly string[];
}

/** Every command, each before its subcommands, in the order of the help. */
export async function readCommands(path: readonly string[] = []): Promise<Command[]> {
  const command = parseHelp(path, await helpOf(path));
  const below = await Promise.all(command.subcommands.map((name) => readCommands([...path, name])));
  return [command, ...below.flat()];
}

/** The help, without the escapes and the width of any real terminal. */
async function helpOf(path: readonly string[]): Promise<string> {
  const lines: string[] = [];
  const nobody = () => Promise.reject(new Error("help asks nothing"));
  const terminal: Terminal = {
    env: {},
    cwd: "/",
    home: "/",
    uid: undefined,
    isInteractive: false,
    width: undefined,
    now: () => 0,
    paint: (_, text) => text,
    print: (line) => void lines.push(line),
    note: (line) => void lines.push(line),
    rewrite: undefined,
    ask: nobody,
    readInput: nobody,
    openBrowser: nobody,
  };
  const exitCode = await runProgram([...path, "--help"], terminal);
  const help = lines.join("\n");
  if (exitCode === 0 && help.startsWith("Usage: ")) return help;
  throw new Error(`castellan ${path.join(" ")} --help does not print its help: ${help}`);
}

function parseHelp(path: readonly string[], help: string): Command {
  const [usage = ""] = help.split("\n\n", 1);
  const options = [...section(help, "Options").matchAll(/^ {2}(?:(-\w), )?(--[\w-]+)(?: ([<[]))?/gm)];
  const commands = [...section(help, "Commands").matchAll(/^ {2}([\w-]+)/gm)];
  return {
    path,
    help,
    options: new Map(
      options.flatMap(([, short, long = "", value]) =>
        [long, ...(short === undefined ? [] : [short])].map((flag) => [flag, value !== undefined] as const),
      ),
    ),
    subcommands: commands.map(([, name = ""]) => name).filter((name) => name !== "help"),
    arguments: (usage.match(/[<[][\w-]+(?:\.\.\.)?[>\]]/g) ?? []).filter(
      (word) => !/^\[(?:options|command)\]$/.test(word),
    ),
  };
}

function section(help: string, title: string): string {
  return help.split("\n\n").find((part) => part.startsWith(`${title}:`)) ?? "";
}
