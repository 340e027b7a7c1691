/** Every `castellan …` in the pages is a command that exists, with options and arguments that it takes. */
import { expect, test } from "vitest";
import { readCommands, type Command } from "../../docs/generate/commands.ts";
import { readPages } from "../../docs/generate/pages.ts";

const commands = new Map((await readCommands()).map((command) => [command.path.join(" "), command]));
const said = (await readPages()).flatMap(({ path, text }) =>
  commandsIn(text).map((words) => ({ path, line: words.join(" "), words })),
);

test("the pages name commands", () => {
  expect(said.length).toBeGreaterThan(20);
  expect([...commands.keys()].filter((name) => !said.some(({ line }) => line.startsWith(name)))).toEqual([]);
});

test.each(said)("$path: castellan $line", ({ words }) => {
  expect(problemOf(words)).toBeUndefined();
});

test.each([
  ["sever list", "sever is no command"],
  ["server list extra", "takes 0 arguments, not 1"],
  ["server add", "takes 1 to 2 arguments, not 0"],
  ["up --dmeo", "--dmeo is no option"],
  ["token create me --portal", "--portal needs a value"],
  ["server", "a command is missing"],
  ["server reject a", "takes 2 arguments or more, not 1"],
  ["server import a b", "takes 0 to 1 arguments, not 2"],
  ["apply -x castellan.yaml", "-x is no option"],
])("%s is noticed", (line, problem) => {
  expect(problemOf(line.split(" "))).toBe(problem);
});

test("words are taken apart as a shell does", () => {
  const page =
    "```sh\nA='x y' \\\n  npx castellan server add a \"b c\" # why\nls castellan\ncastellan up > log\n```\n`castellan up` and `castellan`";
  expect(commandsIn(page)).toEqual([["server", "add", "a", "b c"], ["up"], ["up"]]);
});

/** The words after `castellan` of each command in a page: in shell fences, and in code spans of prose. */
function commandsIn(page: string): string[][] {
  const fences = [...page.matchAll(/^```(?:sh|bash)\n([^]*?)^```/gm)].map(([, body = ""]) => body);
  const lines = fences.flatMap((body) => body.replaceAll(/\\\n/g, " ").split("\n"));
  const spans = [...page.replaceAll(/^```[^]*?^```/gm, "").matchAll(/`((?:npx )?castellan [^`…]+)`/g)];
  return [...lines, ...spans.map(([, span = ""]) => span)].flatMap((line) => {
    const words = shellWords(line);
    const start = words.findIndex((word) => !/^\w+=/.test(word) && word !== "npx");
    return words[start] === "castellan" ? [untilNext(words.slice(start + 1))] : [];
  });
}

/** Without where the output goes: `> file`, `| less`. */
function untilNext(words: readonly string[]): string[] {
  const end = words.findIndex((word) => ["|", ">", ">>", "&&", ";"].includes(word));
  return end < 0 ? [...words] : words.slice(0, end);
}

function shellWords(line: string): string[] {
  const words = line.match(/(?:[^\s'"#]|'[^']*'|"[^"]*"|(?<=\S)#)+|#.*/g) ?? [];
  return words.filter((word) => !word.startsWith("#")).map((word) => word.replaceAll(/['"]/g, ""));
}

function problemOf(words: readonly string[]): string | undefined {
  let command = commands.get("") as Command;
  const given: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? "";
    if (/^--?\w/.test(word)) {
      if (isHelp(word)) return undefined;
      const takesValue = command.options.get(word);
      if (takesValue === undefined) return `${word} is no option`;
      if (takesValue && words[++at] === undefined) return `${word} needs a value`;
    } else if (given.length === 0 && command.subcommands.includes(word)) {
      command = commands.get([...command.path, word].join(" ")) as Command;
    } else if (command.subcommands.length > 0) return `${word} is no command`;
    else given.push(word);
  }
  // A command that only holds others has no options of its own.
  const isGroup = command.subcommands.length > 0 && [...command.options.keys()].every(isHelp);
  if (isGroup) return "a command is missing";
  const least = command.arguments.filter((argument) => argument.startsWith("<")).length;
  const most = command.arguments.some((argument) => argument.includes("..."))
    ? Infinity
    : command.arguments.length;
  if (given.length >= least && given.length <= most) return undefined;
  return `takes ${howMany(least, most)}, not ${given.length}`;
}

function isHelp(flag: string): boolean {
  return flag === "--help" || flag === "-h";
}

function howMany(least: number, most: number): string {
  if (most === Infinity) return `${least} arguments or more`;
  return least === most ? `${least} arguments` : `${least} to ${most} arguments`;
}
