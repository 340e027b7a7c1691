/** Names for completion: nobody waits long for them, and nobody is told when they cannot be had. */
import type { Client } from "@castellan/client";
import { toTokenSource } from "../access/credential.ts";
import { findAccess } from "../access/find-access.ts";
import { connect } from "../client/connect.ts";
import type { Terminal } from "../terminal.ts";
import type { FindNames, NamedThing } from "./complete.ts";

const timeoutMs = 1500;
/** As many as one page has. */
const query = { limit: 200 };

const lists: Readonly<Record<NamedThing, (api: Client) => Promise<readonly string[]>>> = {
  server: async (api) => (await api.listServers({ query })).items.map(({ slug }) => slug),
  portal: async (api) => (await api.listPortals({ query })).items.map(({ slug }) => slug),
  user: async (api) => (await api.listUsers({ query })).items.map(({ email }) => email),
  group: async (api) => (await api.listGroups({ query })).items.map(({ name }) => name),
  client: async (api) => (await api.listClients({ query })).items.map(({ id }) => id),
  provider: async (api) => (await api.listProviders({ query })).items.map(({ slug }) => slug),
  issuer: async (api) => (await api.listTrustedIssuers({ query })).items.map(({ slug }) => slug),
  policy: async (api) => (await api.listPolicies({ query })).items.map(({ name }) => name),
  evaluator: async (api) => (await api.listEvaluators({ query })).items.map(({ slug }) => slug),
  webhook: async (api) => (await api.listWebhooks({ query })).items.map(({ name }) => name),
  token: async (api) => (await api.listTokens({ query })).items.map(({ name }) => name),
};

/** It goes into a command line: nothing that a shell could act on. */
const plain = /^[\p{L}\p{N}_][\p{L}\p{N}_.@+-]*$/u;

export function createNamesOnServer(terminal: Terminal): FindNames {
  return async (thing, options) => {
    try {
      const access = await findAccess(options, terminal);
      const token = toTokenSource(access.token, terminal, { waitMs: timeoutMs });
      const names = await lists[thing](connect({ url: access.url, token, timeoutMs }));
      return names.filter((name) => plain.test(name));
    } catch {
      return [];
    }
  };
}
