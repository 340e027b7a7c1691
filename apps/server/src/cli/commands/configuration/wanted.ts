/** Configuration files as they are sent to the API: each as it is written, with the secrets that it names. */
import { dirname, resolve } from "node:path";
import {
  parseConfiguration,
  secretPlace,
  secretRefs,
  type ConfigurationInput,
  type Secrets,
} from "@castellan/configuration";
import { cliFaults } from "../../faults.ts";
import { fileExists, readTextFile } from "../../input/file.ts";
import { secretFromEnv, secretFromFile } from "../../input/secret.ts";
import type { Terminal } from "../../terminal.ts";

export interface Wanted {
  /** As it was named. */
  readonly file: string;
  readonly name: string;
  readonly document: ConfigurationInput;
  readonly secrets: Secrets;
  /** `castellan.yaml:12:5`, the place of a field that an answer names. */
  readonly locate: (field: string) => string;
}

const maxStandardInput = 16 * 1024 * 1024;

/** Faults: `file_unreadable`, `configuration_invalid`, `secret_unreadable`, `usage_invalid`. */
export async function readWanted(files: readonly string[], terminal: Terminal): Promise<Wanted[]> {
  const all: Wanted[] = [];
  for (const file of files) all.push(await readOne(file, terminal));
  const names = all.map(({ name }) => name);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice === undefined) return all;
  throw cliFaults.fault(
    "usage_invalid",
    `Two of the files are called ${twice}: what one of them makes, the other would take for its own`,
  );
}

async function readOne(file: string, terminal: Terminal): Promise<Wanted> {
  const isInput = file === "-";
  const text = isInput ? await readStandardInput(terminal) : await readTextFile(file, terminal.cwd);
  const { document, input, locate } = parseConfiguration(text, isInput ? "standard input" : file);
  const folder = isInput ? terminal.cwd : dirname(resolve(terminal.cwd, file));
  const found = await Promise.all(
    secretRefs(document).map(async (reference) => [reference, await findSecret(reference, folder, terminal)]),
  );
  return {
    file: isInput ? "standard input" : file,
    name: document.name,
    document: await withDocuments(input, folder),
    secrets: Object.fromEntries(found.filter(([, value]) => value !== undefined)) as Secrets,
    locate,
  };
}

/** API documents that are files are read here, and sent as what is in them. Fault: `file_unreadable`. */
async function withDocuments(input: ConfigurationInput, folder: string): Promise<ConfigurationInput> {
  const entries = Object.entries(input.servers ?? {});
  if (!entries.some(([, { openapi }]) => openapi?.file !== undefined)) return input;
  const read = entries.map(async ([slug, entry]) => {
    const { file, ...rest } = entry.openapi ?? {};
    if (file === undefined) return [slug, entry] as const;
    return [slug, { ...entry, openapi: { ...rest, document: await readTextFile(file, folder) } }] as const;
  });
  return { ...input, servers: Object.fromEntries(await Promise.all(read)) };
}

/** Never a part of it, which could be a document as well. */
async function readStandardInput(terminal: Terminal): Promise<string> {
  const text = await terminal.readInput(maxStandardInput);
  if (Buffer.byteLength(text) <= maxStandardInput) return text;
  throw cliFaults.fault("file_unreadable", `Standard input is longer than ${maxStandardInput} bytes`);
}

/**
 * Undefined when there is none here: the server may have it stored from the same place. A file's path is seen from
 * the configuration file. Fault: `secret_unreadable` for one that is there and is none.
 */
async function findSecret(
  reference: string,
  folder: string,
  terminal: Terminal,
): Promise<string | undefined> {
  const { from, name } = secretPlace(reference);
  if (from === "env") return terminal.env[name] ? secretFromEnv(name, terminal) : undefined;
  const path = resolve(folder, name);
  return (await fileExists(path)) ? secretFromFile(path, terminal) : undefined;
}
