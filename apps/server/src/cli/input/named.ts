/** Things that have an id and a name people use: either may be said. Faults: `usage_invalid`. */
import { pages, type Client, type Group, type OAuthClient, type Token, type User } from "@castellan/client";
import { isId } from "@castellan/kernel";
import { cliFaults } from "../faults.ts";

export type Directory = User["directory"];

/** By id or e-mail address; `directory` where somebody is in both with the same. */
export async function findUser(api: Client, said: string, directory?: Directory): Promise<User> {
  if (isId("user", said)) return api.getUser({ params: { id: said } });
  const email = said.toLowerCase();
  const query = { q: said, directory, limit: 200 };
  const found = await Array.fromAsync(pages(api.listUsers, { query }));
  return theOne(
    found.filter((user) => user.email === email),
    `person with the address ${JSON.stringify(said)}`,
  );
}

/** By id or name. */
export async function findGroup(api: Client, said: string, directory?: Directory): Promise<Group> {
  if (isId("group", said)) return api.getGroup({ params: { id: said } });
  const query = { q: said, directory, limit: 200 };
  const found = await Array.fromAsync(pages(api.listGroups, { query }));
  return theOne(
    found.filter(({ name }) => name === said),
    `group with the name ${JSON.stringify(said)}`,
  );
}

/** By id, which may be a URL, or by the name of one that an admin registered: others choose theirs as they like. */
export async function findClient(api: Client, said: string): Promise<OAuthClient> {
  if (/^(?:cli_|castellan-cli$|https:)/.test(said)) return api.getClient({ params: { id: said } });
  const query = { q: said, kind: "registered" as const, limit: 200 };
  const found = await Array.fromAsync(pages(api.listClients, { query }));
  return theOne(
    found.filter(({ name }) => name === said),
    `registered client with the name ${JSON.stringify(said)}`,
  );
}

/** By id, or by the name of a living token; `hasRevoked`: or of the newest that had it. */
export async function findToken(api: Client, said: string, { hasRevoked = false } = {}): Promise<Token> {
  if (isId("token", said)) return api.getToken({ params: { id: said } });
  const query = { limit: 200, ...(hasRevoked && { revoked: "true" as const }) };
  const found = await Array.fromAsync(pages(api.listTokens, { query }));
  const named = found.filter(({ name }) => name === said);
  return theOne(hasRevoked ? named.slice(0, 1) : named, `token with the name ${JSON.stringify(said)}`);
}

/** The id of whoever called: a person or a token, also one that was revoked since. */
export async function findPrincipalId(api: Client, said: string): Promise<string> {
  if (isId("token", said) || isId("user", said)) return said;
  const found = said.includes("@") ? findUser(api, said) : findToken(api, said, { hasRevoked: true });
  return (await found).id;
}

function theOne<Thing extends { readonly id: string }>(found: readonly Thing[], what: string): Thing {
  const [one, ...others] = found;
  if (!one) throw cliFaults.fault("usage_invalid", `There is no ${what}`);
  if (others.length === 0) return one;
  const ids = found.map(({ id }) => id).join(", ");
  throw cliFaults.fault("usage_invalid", `There is more than one ${what}: say which by id (${ids})`);
}
