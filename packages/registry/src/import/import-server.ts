/** From another registry's server.json to what is registered here. */
import { invalidInput, type Slug } from "@castellan/kernel";
import { registryFaults } from "../faults.ts";
import { fillHeaders } from "./remote-headers.ts";
import { fillUrl } from "./remote-url.ts";
import { parseServerJson, toSlug, type ReadDocument, type Remote } from "./server-json.ts";
import { Values, type MissingValue } from "./values.ts";

/** What whoever imports decides and fills in. */
export interface ImportChoices {
  /** Index in `remotes`; absent: the first one with Streamable HTTP, else the first one. */
  readonly remote?: number | undefined;
  readonly variables?: Readonly<Record<string, string>> | undefined;
  /** Names in any case. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

export interface ImportedServer {
  /** As the document calls it: `io.github.acme/weather`. */
  readonly name: string;
  /** Empty when the document has none. */
  readonly title: string;
  /** One line; empty when the document has none. */
  readonly description: string;
  /** Not judged yet. */
  readonly url: string;
  readonly transport: "streamable-http" | "sse";
  /** Names in lower case. Neither names nor values are judged yet. */
  readonly headers: Readonly<Record<string, string>>;
  /** What it may be called here. Throws `invalid_input` (`slug`) when nothing can be made of its name. */
  suggestSlug(): Slug;
}

/**
 * Throws `invalid_input` naming fields of the request (`document.remotes[0].url`, `variables.tenant`,
 * `headers.X-Key`, `remote`), `server_json_no_remote`, `server_json_secret_in_url`, and
 * `server_json_incomplete` with every value that is missing.
 */
export function importServer(document: unknown, choices: ImportChoices = {}): ImportedServer {
  const read = parseServerJson(document);
  const { remote, index } = pickRemote(read, choices.remote);
  const field = `${read.path}.remotes[${index}]`;
  const values = new Values(choices.variables ?? {});
  const url = fillUrl(remote, `${field}.url`, values);
  const headers = fillHeaders(remote, field, choices.headers ?? {}, values);
  for (const name of values.unused)
    values.refuse(`variables.${name}`, "is nothing that the document asks for");
  if (values.problems.length > 0) throw invalidInput(values.problems);
  if (values.missing.length > 0 || url === undefined) throw incomplete(values.missing);
  const { name, title = "", description = "" } = read.server;
  return {
    name,
    title: toLine(title, maxTitle),
    description: toLine(description, maxDescription),
    url,
    transport: remote.type,
    headers,
    suggestSlug: () => toSlug(name),
  };
}

function pickRemote(
  { server, path }: ReadDocument,
  wanted: number | undefined,
): { remote: Remote; index: number } {
  const { remotes = [], packages = [] } = server;
  if (remotes.length === 0)
    throw registryFaults.fault(
      "server_json_no_remote",
      packages.length === 0
        ? "The document names no remote"
        : "The document names packages only, which run on the machine of a client",
      { field: `${path}.remotes` },
    );
  const best = remotes.findIndex(({ type }) => type === "streamable-http");
  const index = wanted ?? Math.max(best, 0);
  const remote = remotes[index];
  if (!remote) throw invalidInput([{ field: "remote", reason: `must be less than ${remotes.length}` }]);
  return { remote, index };
}

function incomplete(missing: readonly MissingValue[]): Error {
  const fields = missing.map(({ field }) => field);
  return registryFaults.fault("server_json_incomplete", `The document asks for ${fields.join(", ")}`, {
    ...(fields[0] !== undefined && { field: fields[0] }),
    data: { missing },
  });
}

/** The schema allows 100 characters; some registries take more. */
const maxTitle = 100;
const maxDescription = 500;

/** What is not fit to be shown is left out: the words are a stranger's. */
function toLine(text: string, maxLength: number): string {
  const shown = text.replaceAll(/\s+/g, " ").replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, "");
  // By characters: half of one could not be stored.
  return [...shown.trim()].slice(0, maxLength).join("").trim();
}
