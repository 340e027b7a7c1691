/** The person who calls a tool of the portal's own: what they have chosen there, what they can be told and asked. */
import type { InputRequest } from "@castellan/mcp";
import type { AccountStanding } from "../choices/accounts-of-people.ts";
import type { PeopleParts } from "../choices/people-parts.ts";
import { newServers } from "../choices/new-servers.ts";
import type { Connection } from "../connections/connection.ts";
import { askToOpen, type AskedCall } from "./open-page.ts";

export interface PersonHere {
  /** Ids of the servers that they have switched off for their client. */
  readonly off: ReadonlySet<string>;
  /** Ids of the servers that they have not been told of. */
  readonly unseen: ReadonlySet<string>;
  /** The page of their servers. */
  readonly page: string;
  /** Of their accounts, by the ids of the servers that want one of each person. */
  accounts(): Promise<ReadonlyMap<string, AccountStanding>>;
  switch(serverId: string, isOn: boolean): Promise<void>;
  /** They were told of these servers. */
  tell(serverIds: readonly string[]): Promise<void>;
  /** Has their client open the page, where it does. The tool answers with the question, if there is one. */
  open(message: string): Promise<InputRequest | undefined>;
}

const pageKey = "castellan_servers";

/** Undefined for programs and the public. */
export function personHere(
  connection: Pick<Connection, "choices" | "choosable" | "usable">,
  people: PeopleParts | undefined,
  asked: AskedCall,
): PersonHere | undefined {
  const { choices: chosen, choosable } = connection;
  if (!chosen || !people) return undefined;
  const { personId, clientId } = chosen;
  const { id: portalId } = choosable.portal;
  const { choices, accounts, pageOfServers: page } = people;
  return {
    off: chosen.offAt(portalId),
    unseen: newServers(connection),
    page,
    accounts: () => accounts.standingsOf(personId, choosable.servers),
    switch: (serverId, isOn) => choices.set({ personId, clientId, portalId, serverId }, isOn),
    async tell(serverIds) {
      await choices.tell({ personId, portalId, serverIds });
    },
    open: (message) => askToOpen({ key: pageKey, url: page, message }, asked),
  };
}
