/** What to write in the place of what code got wrong about the world that it runs in: one sentence, after the runtime's own. */

export interface Wrong {
  /** The runtime's own words. */
  readonly message: string;
  /** The line that it comes from; empty where it is not known. */
  readonly line: string;
  /** All of the code. */
  readonly code: string;
}

/** Empty: it speaks for itself. */
export function adviceOn(wrong: Wrong): string {
  for (const advise of advices) {
    const advice = advise(wrong);
    if (advice !== undefined) return advice;
  }
  return "";
}

const advices: readonly ((wrong: Wrong) => string | undefined)[] = [
  missingGlobal,
  nameWithDash,
  unknownName,
  ({ message }) =>
    /^codemode(?:\.[\w$]+){2,} is not a function$/.test(message)
      ? "A tool is called `codemode.<name>({ … })`, its server being part of the name, as `codemode.search` gives it."
      : undefined,
  ({ message, line }) =>
    /^Cannot read properties of (?:undefined|null)/.test(message) && /\.content\b/.test(line)
      ? "A call gives the tool's data itself, not a `content` around it: look at what it returns first."
      : undefined,
  ({ message }) =>
    message.startsWith('"[object Object]" is not valid JSON')
      ? "It is an object already, for which no `JSON.parse` is needed."
      : undefined,
  ({ message, code }) => (isUnawaited(message) ? unawaitedCall(code) : undefined),
];

const absent = new Set(
  "require module exports process Buffer global __dirname __filename window document localStorage sessionStorage XMLHttpRequest axios Deno Bun".split(
    " ",
  ),
);

function missingGlobal({ message }: Wrong): string | undefined {
  const name = undefinedName(message);
  return name !== undefined && absent.has(name)
    ? "This is neither Node.js nor a browser: there are JavaScript's own objects, and `codemode`."
    : undefined;
}

/** `codemode.get-weather()` takes one thing away from another. */
function nameWithDash({ message, line }: Wrong): string | undefined {
  const name = undefinedName(message);
  const written = /\bcodemode\.([\w$]+(?:-[\w$]+)+)/.exec(line)?.[1];
  return name !== undefined && written?.split("-").includes(name)
    ? `It is \`codemode.${written.replaceAll("-", "_")}\`, or \`codemode["${written}"]\`.`
    : undefined;
}

function unknownName({ message, line }: Wrong): string | undefined {
  const name = undefinedName(message);
  if (name === undefined) return undefined;
  const rest = line.slice(line.indexOf(name) + name.length);
  if (/^\s*=(?!=)/.test(rest)) return `Declare it: \`const ${name} = …\`.`;
  return /^(?:\.[\w$]+)?\(/.test(rest)
    ? "If it is a tool: `await codemode.<name>({ … })`, with its name as `codemode.search` gives it."
    : undefined;
}

function undefinedName(message: string): string | undefined {
  return /^([\w$]{1,100}) is not defined$/.exec(message)?.[1];
}

function isUnawaited(message: string): boolean {
  return /^Cannot read properties of undefined|is not (?:async )?iterable$|is not a function$/.test(message);
}

function unawaitedCall(code: string): string | undefined {
  const call = /(?:=|\bof) ?(codemode(?:\.[\w$]{1,128}){1,2})\(/.exec(code)?.[1];
  return call === undefined || call === "codemode.tools"
    ? undefined
    : `\`${call}\` gives a promise: \`await ${call}(…)\`.`;
}
