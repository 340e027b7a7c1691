/** What is said of a server on the command line, as the API takes it. */
import type { AddServerBody } from "@castellan/client";
import { cliFaults } from "../faults.ts";
import { parseSpan } from "../output/times.ts";
import type { Terminal } from "../terminal.ts";
import type { AuthOptions } from "./auth-settings.ts";
import { parseKinds, type Kind } from "./kinds.ts";
import { secretFromEnv, secretFromFile } from "./secret.ts";

export interface ServerOptions extends AuthOptions {
  readonly title?: string;
  readonly description?: string;
  readonly transport?: "auto" | "streamable-http" | "sse";
  readonly header?: readonly string[];
  readonly headerEnv?: readonly string[];
  readonly bearerEnv?: string;
  /** `-` is standard input. */
  readonly bearerFile?: string;
  /** False: none, as of all lists here. */
  readonly allowPrivate?: readonly string[] | false;
  /** The server says which of them there are. */
  readonly clientFeatures?: NonNullable<AddServerBody["clientFeatures"]> | false;
  readonly uiHosts?: readonly string[] | false;
  /** Words of `parseKinds`. */
  readonly autoAccept?: readonly string[] | false;
  /** A span: `30m`. False: as the others. */
  readonly syncEvery?: string | false;
  /** Texts of `changeLimits`. */
  readonly limit?: readonly string[];
}

/** The settings that are no secrets and no limits; undefined is what was not said. Fault: `usage_invalid`. */
export function plainSettings(options: ServerOptions) {
  const { title, description, transport, allowPrivate, clientFeatures, uiHosts, autoAccept } = options;
  return {
    title,
    description,
    transport,
    allowPrivate: allowPrivate === false ? [] : allowPrivate,
    clientFeatures: clientFeatures === false ? [] : clientFeatures,
    uiHosts: uiHosts === false ? [] : uiHosts,
    autoAccept: acceptedKinds(autoAccept),
  };
}

/** Fault: `usage_invalid`. */
export function acceptedKinds(words: readonly string[] | false | undefined): Kind[] | undefined {
  return words === undefined ? undefined : parseKinds(words || [], "--auto-accept");
}

/** Seconds. Fault: `usage_invalid`. */
export function syncInterval(span: string | undefined): number | undefined {
  return span === undefined ? undefined : parseSpan(span, "--sync-every") / 1000;
}

/** Faults: `usage_invalid`, `secret_unreadable`. */
export async function readBearer(
  { bearerEnv, bearerFile }: ServerOptions,
  terminal: Terminal,
): Promise<string | undefined> {
  if (bearerEnv !== undefined && bearerFile !== undefined)
    throw cliFaults.fault("usage_invalid", "--bearer-env and --bearer-file exclude each other");
  if (bearerEnv !== undefined) return secretFromEnv(bearerEnv, terminal);
  return bearerFile === undefined ? undefined : secretFromFile(bearerFile, terminal);
}
