/**
 * What it costs to know a caller, in this process: processor time of one call of the authenticator with a token that it
 * knows, alone and with what follows for each call of a tool, and the queries that this takes. Processor time is that
 * of the whole process, its collector of garbage too.
 */
import {
  createAuthenticator,
  isGranted,
  parseBearer,
  reachOf,
  type Authenticator,
  type Gate,
  type Principal,
} from "@castellan/access";
import { createChangeFeed, type Database } from "@castellan/database";
import { systemClock } from "@castellan/kernel";
import { median } from "../load/figures.ts";
import { portal, type Tokens } from "./tokens.ts";

export interface HotPathFigure {
  readonly name: string;
  /** Of one call: processor time, microseconds. */
  readonly cpuUs: number;
  readonly calls: number;
  /** All that were sent to the database meanwhile, times of last use too. */
  readonly queries: number;
}

interface Way {
  readonly name: string;
  readonly call: () => Promise<unknown>;
}

const callsOfTurn = 100_000;
/** Rules as a portal with some has them. */
const gate: Gate = {
  slug: portal,
  directory: "workforce",
  access: [
    { who: "everyone", classes: ["read"] },
    { who: "group:engineering", classes: ["write"] },
    { who: "everyone", classes: ["destructive"], servers: ["bench"] },
  ],
  isReadOnly: false,
};
const use = { server: "bench", toolClass: "destructive" } as const;

export async function measureHotPath(
  database: Database,
  tokens: Tokens,
  rounds: number,
): Promise<HotPathFigure[]> {
  await using feed = await createChangeFeed({ database });
  const counted = countQueries(database);
  await using authenticator = createAuthenticator({ database: counted, feed, clock: systemClock });
  const ways = waysOf(authenticator, await tokens.person(), await tokens.service());
  const turns = new Map<Way, { cpuUs: number; queries: number }[]>(ways.map((way) => [way, []]));
  for (const { call } of ways) for (let n = 0; n < callsOfTurn; n++) await call();
  for (let round = 0; round < rounds; round++)
    for (const way of ways) {
      const queriesBefore = counted.queries;
      const before = process.cpuUsage();
      for (let n = 0; n < callsOfTurn; n++) await way.call();
      const { user, system } = process.cpuUsage(before);
      turns
        .get(way)
        ?.push({ cpuUs: (user + system) / callsOfTurn, queries: counted.queries - queriesBefore });
    }
  return [...turns].map(([{ name }, each]) => ({
    name,
    cpuUs: median(each.map(({ cpuUs }) => cpuUs)),
    calls: each.length * callsOfTurn,
    queries: each.reduce((sum, { queries }) => sum + queries, 0),
  }));
}

function waysOf(authenticator: Authenticator, personToken: string, serviceToken: string): Way[] {
  const nobody: Principal = {
    kind: "public",
    id: "public:192.0.2.1",
    name: "public",
    role: "member",
    scopes: undefined,
  };
  const known = (token: string) => {
    const header = `Bearer ${token}`;
    return () =>
      authenticator.authenticate(parseBearer(header), { kind: "portal", slug: portal, trustedIssuers: [] });
  };
  const judged = (identify: () => Promise<Principal>) => async () => {
    if (!isGranted(reachOf(await identify(), gate), use)) throw new Error("The caller may not");
  };
  const [service, person] = [known(serviceToken), known(personToken)];
  return [
    { name: "nobody is asked", call: () => Promise.resolve(nobody) },
    { name: "service token", call: service },
    { name: "access token of a person", call: person },
    { name: "service token, and what it may", call: judged(service) },
    { name: "access token of a person, and what they may", call: judged(person) },
  ];
}

/** The same database, which says how many statements it was given. */
export function countQueries(database: Database): Database & { readonly queries: number } {
  let queries = 0;
  return {
    connection: database.connection,
    get queries() {
      return queries;
    },
    query(statement) {
      queries += 1;
      return database.query(statement);
    },
    transaction(run) {
      queries += 1;
      return database.transaction(run);
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
