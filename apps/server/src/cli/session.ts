import type { Client } from "@castellan/client";
import { toTokenSource } from "./access/credential.ts";
import { findAccess, type AccessOptions } from "./access/find-access.ts";
import { connect } from "./client/connect.ts";
import { toJson } from "./output/json.ts";
import type { Terminal } from "./terminal.ts";

/** What every command that talks to a server has. */
export interface Session {
  readonly terminal: Terminal;
  readonly api: Client;
  /** The server's URL, without a slash at its end. */
  readonly url: string;
  /** Where the token was found, for people. */
  readonly tokenFrom: string;
  /** Output for programs: the answer as the API gave it. */
  readonly isJson: boolean;
}

export interface SessionOptions extends AccessOptions {
  readonly json?: boolean;
}

/** Faults: those of `findAccess`; the functions of `api` have those of the token as well. */
export async function openSession(options: SessionOptions, terminal: Terminal): Promise<Session> {
  const access = await findAccess(options, terminal);
  const { url, tokenFrom } = access;
  const api = connect({ url, token: toTokenSource(access.token, terminal) });
  return { terminal, api, url, tokenFrom, isJson: options.json ?? false };
}

/** Shows an answer: as JSON for programs, in the given way to people. */
export function show<Answer>(
  { terminal, isJson }: Session,
  answer: Answer,
  toPeople: (answer: Answer) => void,
): void {
  if (isJson) terminal.print(toJson(answer, 2));
  else toPeople(answer);
}
