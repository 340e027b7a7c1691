/** Secrets come from a variable, a file or standard input: arguments are seen by every user of a machine, and kept in histories. */
import { open } from "node:fs/promises";
import { resolve } from "node:path";
import { cliFaults } from "../faults.ts";
import type { Terminal } from "../terminal.ts";

const maxBytes = 64 * 1024;

/** Fault: `secret_unreadable`. */
export function secretFromEnv(variable: string, { env }: Pick<Terminal, "env">): string {
  return notEmpty(env[variable] ?? "", `The variable ${variable}`);
}

/** The file's text, or standard input's for `-`, without the line's end. Fault: `secret_unreadable`. */
export async function secretFromFile(
  path: string,
  terminal: Pick<Terminal, "cwd" | "readInput">,
): Promise<string> {
  if (path === "-") return notEmpty(await terminal.readInput(maxBytes), "Standard input");
  return notEmpty(await readSome(resolve(terminal.cwd, path)), `The file ${path}`);
}

async function readSome(path: string): Promise<string> {
  try {
    await using file = await open(path);
    const { bytesRead, buffer } = await file.read(Buffer.alloc(maxBytes), 0, maxBytes, 0);
    return buffer.toString("utf8", 0, bytesRead);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? "unknown error";
    throw cliFaults.fault("secret_unreadable", `The file ${path} cannot be read (${code})`, { cause });
  }
}

function notEmpty(text: string, source: string): string {
  const secret = text.replace(/\r?\n$/, "");
  if (secret === "") throw cliFaults.fault("secret_unreadable", `${source} is empty or not set`);
  // Of several lines is a private key (RFC 7468), and else a mistake.
  if (/[\r\n]/.test(secret) && !secret.startsWith("-----BEGIN "))
    throw cliFaults.fault("secret_unreadable", `${source} has more than one line`);
  return secret;
}
