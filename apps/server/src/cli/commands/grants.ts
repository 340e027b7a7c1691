/** `castellan grant …`: what people have allowed clients. */
import { pages, type Grant, type User } from "@castellan/client";
import { isId } from "@castellan/kernel";
import { cliFaults } from "../faults.ts";
import { confirm } from "../input/confirm.ts";
import { findUser, type Directory } from "../input/named.ts";
import { printTable } from "../output/table.ts";
import { relativeTime, when } from "../output/times.ts";
import { show, type Session } from "../session.ts";
import type { EndOptions } from "./sessions.ts";

export interface ListGrantsOptions {
  readonly user?: string;
  readonly directory?: Directory;
  readonly client?: string;
  readonly portal?: string;
  readonly ended?: boolean;
  readonly mine?: boolean;
}

export async function listGrants(session: Session, options: ListGrantsOptions): Promise<void> {
  const { terminal, api } = session;
  const { user: said, client, portal, ended, mine, directory } = options;
  if (mine && (said ?? client) !== undefined)
    throw cliFaults.fault("usage_invalid", "--mine goes with --portal and --ended only");
  const user = said === undefined ? undefined : await findUser(api, said, directory);
  const query = { portal, limit: 200, ...(ended && { ended: "true" as const }) };
  const items = await Array.fromAsync(
    mine
      ? pages(api.listMyGrants, { query })
      : pages(api.listGrants, { query: { ...query, user: user?.id, client } }),
  );
  const emails = mine || session.isJson ? new Map<string, string>() : await emailsOf(session, items, user);
  const now = terminal.now();
  show(session, { items }, () => {
    if (items.length === 0) return terminal.note("No client has been let in");
    return printTable(
      items,
      [
        ...(mine ? [] : [{ title: "PERSON", value: ({ userId }: Grant) => emails.get(userId) ?? userId }]),
        { title: "CLIENT", value: ({ clientName, clientId }) => clientName || clientId, shrinks: true },
        { title: "PORTAL", value: (grant) => grant.portal ?? "(API)" },
        { title: "MAY", value: ({ scopes }) => scopes.join(" "), shrinks: true },
        { title: "GIVEN", value: ({ createdAt }) => relativeTime(createdAt, now) },
        { title: "USED", value: ({ lastUsedAt }) => when(lastUsedAt, now) },
        { title: "ENDS", value: ({ endedAt, expiresAt }) => relativeTime(endedAt ?? expiresAt, now) },
        { title: "ID", value: ({ id }) => id },
      ],
      terminal,
    );
  });
}

/** Of the people in these grants, as far as they are still there. */
async function emailsOf(
  { api }: Session,
  grants: readonly Grant[],
  user: User | undefined,
): Promise<Map<string, string>> {
  if (user) return new Map([[user.id, user.email]]);
  if (grants.length === 0) return new Map();
  const users = await Array.fromAsync(pages(api.listUsers, { query: { limit: 200 } }));
  return new Map(users.map(({ id, email }) => [id, email]));
}

export async function endGrant(session: Session, id: string, { mine, yes }: EndOptions): Promise<void> {
  const { terminal, api } = session;
  if (!isId("grant", id)) throw cliFaults.fault("usage_invalid", "GRANT must be the id of a grant (grt_…)");
  await confirm(`End grant ${id}? The client's tokens end with it.`, terminal, yes);
  await (mine ? api.endMyGrant : api.endGrant)({ params: { id } });
  show(session, { ended: id }, () => terminal.print(`Grant ${id} has ended`));
}
