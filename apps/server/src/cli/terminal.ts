/** What the command line runs in: the one place that reads the process's environment and streams. */
import { homedir } from "node:os";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline/promises";
import { styleText } from "node:util";
import { fit } from "./output/width.ts";

export type Style = "bold" | "dim" | "green" | "yellow" | "red";

export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly home: string;
  /** Of the user; undefined where there are none (Windows). */
  readonly uid: number | undefined;
  /** Whether somebody is there to be asked. */
  readonly isInteractive: boolean;
  /** Columns; undefined when the output goes somewhere else than to a terminal. */
  readonly width: number | undefined;
  /** Wall time, milliseconds. */
  now(): number;
  /** The text with the style's escapes, or as it is where there are no colours. */
  paint(style: Style, text: string): string;
  /** Writes a line of the result to standard output. */
  print(line: string): void;
  /** Writes a line about it to standard error. */
  note(line: string): void;
  /**
   * Puts a line in the place of the one that was written so before, on standard error; the empty one takes it away.
   * Undefined where standard error is no terminal.
   */
  readonly rewrite: ((line: string) => void) | undefined;
  /** Asks on standard error, reads one line; an empty one when the answer is Ctrl-C or Ctrl-D, or it is aborted. */
  ask(question: string, signal?: AbortSignal): Promise<string>;
  /** All of standard input, up to a limit. */
  readInput(maxBytes: number): Promise<string>;
  /** Has the desktop open an http(s) address; false where it cannot. */
  openBrowser(address: URL): Promise<boolean>;
}

export type Streams = Pick<NodeJS.Process, "env" | "stdin" | "stdout" | "stderr">;

export function createProcessTerminal({ env, stdin, stdout, stderr }: Streams = process): Terminal {
  // https://no-color.org: any value but the empty one.
  const hasColours = stdout.isTTY && !env["NO_COLOR"] && env["TERM"] !== "dumb";
  return {
    env,
    cwd: process.cwd(),
    home: homedir(),
    uid: process.getuid?.(),
    isInteractive: stdin.isTTY && stderr.isTTY,
    width: stdout.isTTY ? stdout.columns : undefined,
    now: () => Date.now(),
    paint: (style, text) => (hasColours ? styleText(style, text, { validateStream: false }) : text),
    print: (line) => void stdout.write(`${line}\n`),
    note: (line) => void stderr.write(`${line}\n`),
    // A line that is as wide as the terminal would take the next one as well.
    rewrite:
      stderr.isTTY && env["TERM"] !== "dumb"
        ? (line) => void stderr.write(`\r\u001b[K${fit(line, Math.max(1, stderr.columns - 1))}`)
        : undefined,
    async ask(question, signal) {
      const lines = createInterface({ input: stdin, output: stderr });
      try {
        return await (signal ? lines.question(question, { signal }) : lines.question(question));
      } catch (error) {
        if (!(error instanceof Error) || error.name !== "AbortError") throw error;
        stderr.write("\n");
        return "";
      } finally {
        lines.close();
      }
    },
    async readInput(maxBytes) {
      const chunks: Buffer[] = [];
      let size = 0;
      for await (const chunk of stdin as AsyncIterable<Buffer>) {
        chunks.push(chunk);
        size += chunk.length;
        if (size > maxBytes) break;
      }
      return Buffer.concat(chunks).toString("utf8");
    },
    openBrowser: (address) => openBrowser(address, env),
  };
}

/** Never by a shell: the address is another's text. */
async function openBrowser({ protocol, href }: URL, env: NodeJS.ProcessEnv): Promise<boolean> {
  if (protocol !== "https:" && protocol !== "http:") return false;
  const [command, ...args] = openers[process.platform] ?? ["xdg-open"];
  const child = spawn(command, [...args, href], { env, stdio: "ignore", detached: true });
  child.unref();
  return once(child, "spawn").then(
    () => true,
    () => false,
  );
}

const openers: Partial<Record<NodeJS.Platform, readonly [string, ...string[]]>> = {
  darwin: ["open"],
  win32: ["rundll32", "url.dll,FileProtocolHandler"],
};
