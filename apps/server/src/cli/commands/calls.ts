/** `castellan calls` */
import type { Call } from "@castellan/client";
import { findPrincipalId } from "../input/named.ts";
import { parseLimit } from "../input/page.ts";
import { printTable } from "../output/table.ts";
import { parsePast } from "../output/times.ts";
import { show, type Session } from "../session.ts";
import { callColumns } from "./call-columns.ts";
import { readCalls, type CallsQuery } from "./read-calls.ts";

export interface CallsOptions {
  readonly portal?: string;
  readonly server?: string;
  /** Who called: the id or name of a token, or the id or e-mail address of a person. */
  readonly principal?: string;
  /** Id of the call on whose behalf they were made. */
  readonly parent?: string;
  readonly method?: string;
  readonly outcome?: Call["outcome"];
  readonly since?: string;
  readonly limit: string;
  readonly follow?: boolean;
}

export async function listCalls(session: Session, options: CallsOptions): Promise<void> {
  const { terminal, api, isJson } = session;
  const query = await toQuery(session, options);
  const limit = parseLimit(options.limit);
  if (options.follow) {
    const { followCalls } = await import("./follow-calls.ts");
    return followCalls(session, query, limit);
  }
  const items = await readCalls(api, query, limit);
  if (!isJson && items.length === 0) return terminal.note("No call is on record that fits");
  return show(session, { items }, () => printTable(items.toReversed(), callColumns, terminal));
}

/** Ends with 1 when the record is not intact. */
export async function verifyCalls(session: Session): Promise<0 | 1> {
  const { terminal, api } = session;
  const verification = await api.verifyCalls();
  show(session, verification, ({ intact, rows, chains, broken, lastHead }) => {
    if (intact)
      terminal.print(terminal.paint("green", `The record is intact: ${rows} calls in ${chains} chains`));
    else
      for (const { chain, seq, breakage } of broken)
        terminal.print(
          terminal.paint("red", `Chain ${chain} is broken at ${seq}: ${breakage.replaceAll("_", " ")}`),
        );
    if (lastHead) terminal.print(`It ends at ${lastHead.chain}:${lastHead.seq} with ${lastHead.mac}`);
  });
  return verification.intact ? 0 : 1;
}

async function toQuery({ api, terminal }: Session, options: CallsOptions): Promise<CallsQuery> {
  const { portal, server, principal, parent, method, outcome, since } = options;
  return {
    parent,
    portal,
    server,
    method,
    outcome,
    principal: principal === undefined ? undefined : await findPrincipalId(api, principal),
    since: since === undefined ? undefined : parsePast(since, terminal.now(), "--since").toISOString(),
  };
}
