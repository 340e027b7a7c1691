/** The tables of what people have chosen among the servers of their portals, and of which of these they were told. */
import { isForeignKeyViolation, recordChange, sql, type Database, type Queryable } from "@castellan/database";

/** The topic of the change log; keys are ids of people. */
export const choicesTopic = "choices";

/** A server of a portal, as one client of a person has it. */
export interface ChoicePlace {
  readonly personId: string;
  /** Undefined: whatever comes without naming itself. */
  readonly clientId: string | undefined;
  readonly portalId: string;
  readonly serverId: string;
}

/** What is known of a person: who is not there has chosen nothing and was told of nothing. */
export interface PersonRows {
  /** Servers that they have switched off. */
  readonly off: readonly Omit<ChoicePlace, "personId">[];
  /** Servers that they were told of, for whichever client. */
  readonly told: readonly Pick<ChoicePlace, "portalId" | "serverId">[];
}

export interface ChoiceStore {
  read(personIds: readonly string[]): Promise<ReadonlyMap<string, PersonRows>>;
  /** Nothing comes of it where the portal, the server or the person is gone. */
  setOff(place: ChoicePlace, at: Date): Promise<void>;
  setOn(place: ChoicePlace): Promise<void>;
  /** Those of the servers that they had not been told of: each is answered once, whoever asks at the same time. */
  tell(told: {
    readonly personId: string;
    readonly portalId: string;
    readonly serverIds: readonly string[];
    readonly at: Date;
  }): Promise<readonly string[]>;
}

/** A person may have any number of clients: of more choices than this the oldest are forgotten. */
export const maxChoices = 1_000;

export function createChoiceStore(database: Database): ChoiceStore {
  return {
    async read(personIds) {
      const [off, told] = [await readOff(database, personIds), await readTold(database, personIds)];
      return new Map(
        personIds.map((id) => [id, { off: off.get(id) ?? [], told: told.get(id) ?? [] }] as const),
      );
    },

    setOff: (place, at) =>
      unlessGone(undefined, () =>
        database.transaction(async (tx) => {
          const { personId, portalId, serverId } = place;
          const added = await tx.query(sql`
            insert into server_choices (portal_id, server_id, person_id, client_id, chosen_at)
            values (${portalId}, ${serverId}, ${personId}, ${clientKey(place)}, ${at.toISOString()})
            on conflict do nothing returning 1`);
          if (added.length === 0) return;
          await forgetOldest(tx, personId);
          await recordChange(tx, choicesTopic, personId);
        }),
      ),

    setOn: (place) =>
      database.transaction(async (tx) => {
        const { personId, portalId, serverId } = place;
        const gone = await tx.query(sql`
          delete from server_choices
           where person_id = ${personId} and client_id = ${clientKey(place)}
             and portal_id = ${portalId} and server_id = ${serverId}
          returning 1`);
        if (gone.length > 0) await recordChange(tx, choicesTopic, personId);
      }),

    tell: ({ personId, portalId, serverIds, at }) =>
      unlessGone([], () =>
        database.transaction(async (tx) => {
          // In one order, so that two that tell the same do not wait for each other in a circle.
          const rows = await tx.query<{ server_id: string }>(sql`
            insert into servers_seen (portal_id, server_id, person_id, seen_at)
            select ${portalId}, id, ${personId}, ${at.toISOString()}
              from servers where id = any(${serverIds}) order by id
            on conflict do nothing returning server_id`);
          if (rows.length > 0) await recordChange(tx, choicesTopic, personId);
          return rows.map(({ server_id: id }) => id);
        }),
      ),
  };
}

type Row = { person_id: string; portal_id: string; server_id: string };

async function readOff(database: Queryable, personIds: readonly string[]) {
  const rows = await database.query<Row & { client_id: string }>(sql`
    select person_id, portal_id, server_id, client_id from server_choices
     where person_id = any(${personIds}) order by person_id, chosen_at, portal_id, server_id`);
  return groupByPerson(rows, ({ client_id: id, portal_id: portalId, server_id: serverId }) => ({
    clientId: id === "" ? undefined : id,
    portalId,
    serverId,
  }));
}

async function readTold(database: Queryable, personIds: readonly string[]) {
  const rows = await database.query<Row>(sql`
    select person_id, portal_id, server_id from servers_seen where person_id = any(${personIds})`);
  return groupByPerson(rows, ({ portal_id: portalId, server_id: serverId }) => ({ portalId, serverId }));
}

function groupByPerson<Of extends Row, To>(rows: readonly Of[], to: (row: Of) => To): Map<string, To[]> {
  const grouped = Map.groupBy(rows, ({ person_id: personId }) => personId);
  return new Map([...grouped].map(([id, of]) => [id, of.map(to)]));
}

async function forgetOldest(tx: Queryable, personId: string): Promise<void> {
  await tx.query(sql`
    delete from server_choices as one using (
      select portal_id, server_id, client_id from server_choices where person_id = ${personId}
       order by chosen_at desc, portal_id, server_id, client_id offset ${maxChoices}
    ) as old
     where one.person_id = ${personId} and one.portal_id = old.portal_id
       and one.server_id = old.server_id and one.client_id = old.client_id`);
}

function clientKey({ clientId }: ChoicePlace): string {
  return clientId ?? "";
}

async function unlessGone<T>(otherwise: T, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (isForeignKeyViolation(error)) return otherwise;
    throw error;
  }
}
