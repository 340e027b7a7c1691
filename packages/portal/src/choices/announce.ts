/**
 * Servers that came to a portal since somebody was there last are announced to them once, ahead of a call of a tool, where
 * their client opens pages: a legacy client is asked on the stream of its call, which goes on; the call of a modern one is
 * answered with the question, and whatever becomes of it, the same call goes through when it comes again. Who cannot be asked
 * finds them marked in `portal_list_servers` and on the page.
 */
import { announcementKey, type Answer } from "@castellan/calls";
import { inputRequiredText } from "@castellan/mcp";
import type { Connection } from "../connections/connection.ts";
import { askToOpen, canAskToOpen, type AskedCall } from "../portal-tools/open-page.ts";
import { newServers } from "./new-servers.ts";
import type { PeopleParts } from "./people-parts.ts";

export interface Announcing {
  readonly connection: Pick<Connection, "usable" | "choices" | "narrowedTo">;
  readonly people: PeopleParts | undefined;
  /** The server (its id) that the call goes to: nobody needs to be told of that one. */
  readonly calledId: string;
  /** Told of what could not be noted: then nothing is announced. */
  readonly onError: (error: unknown) => void;
}

/** Undefined at once where nothing is new, as for nearly every call. Never rejects. */
export function announce(announcing: Announcing, asked: AskedCall): Promise<Answer | undefined> | undefined {
  const { connection, people } = announcing;
  const { choices, narrowedTo, usable } = connection;
  // Whose address names the servers that they want, does not want to hear of others.
  if (!people || !choices || narrowedTo) return undefined;
  const unseen = newServers(connection);
  if (unseen.size === 0 || !canAskToOpen(asked)) return undefined;
  const portalId = usable.portal.id;
  const told = { personId: choices.personId, portalId, serverIds: [...unseen] };
  return announceOnce(people, told, announcing, asked).catch((error: unknown) => {
    announcing.onError(error);
    return undefined;
  });
}

async function announceOnce(
  { choices, pageOfServers: url }: PeopleParts,
  told: Parameters<PeopleParts["choices"]["tell"]>[0],
  { connection: { usable }, calledId }: Announcing,
  asked: AskedCall,
): Promise<Answer | undefined> {
  // Two calls at the same time: one of them announces.
  const found = new Set(await choices.tell(told));
  const titles = usable.servers.flatMap(({ server }) =>
    found.has(server.id) && server.id !== calledId ? [server.title] : [],
  );
  if (titles.length === 0) return undefined;
  const message = `New in ${usable.portal.title}: ${listed(titles)}. Open the page to choose what you use, and to link your accounts.`;
  const question = await askToOpen({ key: announcementKey, url, message }, asked);
  if (!question) return undefined;
  const text = inputRequiredText([question], undefined);
  return { kind: "result", text, outcome: "ok", code: "input_required" };
}

const maxTitles = 5;

function listed(titles: readonly string[]): string {
  const more = titles.length - maxTitles;
  return titles.slice(0, maxTitles).join(", ") + (more > 0 ? `, and ${more} more` : "");
}
