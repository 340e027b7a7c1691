/**
 * What can stand where the cursor is, by the table of commands itself. What a value's name in that table says decides
 * how it is completed: `<server>`, `<user>` and their like are asked for, `<file>` is the shell's, anything else is for
 * people.
 */
import type { Argument, Command, Option } from "commander";

/** What can be asked for by the name that an argument or option has. */
const namedThings = [
  "server",
  "portal",
  "user",
  "group",
  "client",
  "provider",
  "issuer",
  "token",
  "policy",
  "evaluator",
  "webhook",
] as const;

export type NamedThing = (typeof namedThings)[number];

/** What is on the server, for completion: quick, and empty when it cannot be had. */
export type FindNames = (
  thing: NamedThing,
  access: { url?: string; data?: string },
) => Promise<readonly string[]>;

/** Tells the shell to complete with files. */
export const filesLine = ":files";

/**
 * `words` are those after the program's name, the last one as far as it is typed. One line for each candidate, with
 * what it is behind a tab where that is known; or `filesLine`.
 */
export async function complete(
  program: Command,
  words: readonly string[],
  findNames: FindNames,
): Promise<string[]> {
  const typed = words.at(-1) ?? "";
  const place = walk(program, joined(words.slice(0, -1)));
  // bash splits at "=", the others do not.
  const [, flag, part] = /^(--[\w-]+)=(.*)$/s.exec(typed) ?? [];
  if (flag !== undefined && part !== undefined) {
    const found = await valuesOf(findOption(place.command, flag), part, place, findNames);
    return found.map((line) => (line === filesLine ? line : `${flag}=${line}`));
  }
  if (place.expects) return valuesOf(place.expects, typed === "=" ? "" : typed, place, findNames);
  if (typed.startsWith("-")) return optionsOf(place.command, typed);
  const commands = subcommandsOf(place.command, typed);
  return commands.length > 0 ? commands : valuesOf(place.argument, typed, place, findNames);
}

interface Place {
  readonly command: Command;
  /** The option whose value comes next. */
  readonly expects: Option | undefined;
  readonly argument: Argument | undefined;
  /** `--url` and `--data` before the cursor. */
  readonly access: { url?: string; data?: string };
}

function walk(program: Command, words: readonly string[]): Place {
  let command = program;
  let expects: Option | undefined;
  let count = 0;
  const access: Place["access"] = {};
  for (const word of words) {
    if (expects) {
      const name = expects.attributeName();
      if (name === "url" || name === "data") access[name] = word;
      expects = undefined;
    } else if (word.startsWith("-")) {
      const option = word.includes("=") ? undefined : findOption(command, word);
      if (option?.required) expects = option;
    } else {
      const below = command.commands.find((one) => one.name() === word || one.aliases().includes(word));
      if (below) command = below;
      else count++;
    }
  }
  const { registeredArguments } = command;
  const last = registeredArguments.at(-1);
  return {
    command,
    expects,
    argument: registeredArguments[count] ?? (last?.variadic ? last : undefined),
    access,
  };
}

/** `--kind`, `=`, `tool` → `--kind`, `tool`. */
function joined(words: readonly string[]): string[] {
  return words.filter((word, at) => word !== "=" || !words[at - 1]?.startsWith("--"));
}

function findOption(command: Command, flag: string): Option | undefined {
  return command.options.find(({ long, short }) => long === flag || short === flag);
}

async function valuesOf(
  taker: Option | Argument | undefined,
  typed: string,
  { access }: Place,
  findNames: FindNames,
): Promise<string[]> {
  if (!taker) return [];
  if (taker.argChoices) return taker.argChoices.filter((choice) => choice.startsWith(typed));
  const name = valueName(taker);
  if (name === "file" || name === "folder" || name === "source") return [filesLine];
  const thing = namedThings.find((one) => name === one || name === `${one}s`);
  if (thing === undefined) return [];
  // `--servers a,b`: what stands before the last comma stays.
  const isList = name !== thing && "flags" in taker;
  const kept = isList ? typed.slice(0, typed.lastIndexOf(",") + 1) : "";
  const names = await findNames(thing, access);
  return names.map((one) => kept + one).filter((one) => one.startsWith(typed));
}

function valueName(taker: Option | Argument): string {
  if (!("flags" in taker)) return taker.name();
  return /[<[]([\w-]+)/.exec(taker.flags)?.[1] ?? "";
}

function optionsOf(command: Command, typed: string): string[] {
  return command
    .createHelp()
    .visibleOptions(command)
    .flatMap(({ long, description }) => (long?.startsWith(typed) ? [`${long}\t${description}`] : []));
}

function subcommandsOf(command: Command, typed: string): string[] {
  return command
    .createHelp()
    .visibleCommands(command)
    .filter((one) => one.name().startsWith(typed) && one.name() !== "help")
    .map((one) => `${one.name()}\t${one.description()}`);
}
