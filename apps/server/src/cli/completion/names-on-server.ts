/** Slugs for completion: nobody waits long for them, and nobody is told when they cannot be had. */
import { isSlug } from "@castellan/kernel";
import { toTokenSource } from "../access/credential.ts";
import { findAccess } from "../access/find-access.ts";
import { connect } from "../client/connect.ts";
import type { Terminal } from "../terminal.ts";
import type { FindNames } from "./complete.ts";

const timeoutMs = 1500;
/** As many as one page has. */
const limit = 200;

export function createNamesOnServer(terminal: Terminal): FindNames {
  return async (thing, options) => {
    try {
      const access = await findAccess(options, terminal);
      const token = toTokenSource(access.token, terminal, { waitMs: timeoutMs });
      const api = connect({ url: access.url, token, timeoutMs });
      const list = thing === "server" ? api.listServers : api.listPortals;
      const { items } = await list({ query: { limit } });
      // It goes into a command line: nothing but a slug may.
      return items.map(({ slug }) => slug).filter(isSlug);
    } catch {
      return [];
    }
  };
}
