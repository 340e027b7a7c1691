/** `castellan export` */
import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { renderConfiguration, type ConfigurationInput } from "@castellan/configuration";
import { cliFaults } from "../../faults.ts";
import { confirm } from "../../input/confirm.ts";
import { fileExists } from "../../input/file.ts";
import { clean } from "../../output/clean.ts";
import { show, type Session } from "../../session.ts";

export interface ExportOptions {
  /** Default: standard output. */
  readonly output?: string;
  readonly name?: string;
  readonly yes?: boolean;
}

/** Fault: `file_unreadable`. */
export async function exportConfiguration(session: Session, options: ExportOptions): Promise<void> {
  const { terminal, api, isJson } = session;
  const { output, name } = options;
  const path = output === undefined ? undefined : resolve(terminal.cwd, output);
  if (path !== undefined && (await fileExists(path)))
    await confirm(`Overwrite ${output}?`, terminal, options.yes);
  const document = await api.exportConfiguration({ query: { name } });
  // The server made it after the schema of its release; what this one does not know is written as it is.
  const yaml = renderConfiguration(document as unknown as ConfigurationInput);
  if (path === undefined) {
    show(session, document, () => terminal.print(forPeople(yaml.trimEnd(), terminal.width !== undefined)));
    return;
  }
  await write(path, isJson ? `${JSON.stringify(document, null, 2)}\n` : yaml);
  show(session, { written: output }, () => terminal.print(`Written to ${output}`));
}

/** On a terminal nothing may act; a file or another program gets it to the letter. */
function forPeople(yaml: string, isTerminal: boolean): string {
  return isTerminal ? yaml.split("\n").map(clean).join("\n") : yaml;
}

async function write(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? "unknown error";
    throw cliFaults.fault("file_unreadable", `The file ${path} cannot be written (${code})`, { cause });
  }
}
