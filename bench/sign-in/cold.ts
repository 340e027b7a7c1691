/** A token that this replica sees for the first time: one after the other, and all at once. */
import { createAuthenticator } from "@castellan/access";
import { createChangeFeed, type Database } from "@castellan/database";
import { systemClock } from "@castellan/kernel";
import { spread, type Spread } from "../load/figures.ts";
import { countQueries } from "./hot-path.ts";
import { portal, type Tokens } from "./tokens.ts";

export interface ColdFigures {
  readonly name: string;
  /** Milliseconds. */
  readonly each: Spread;
  /** Of one look-up: processor time of this process, microseconds. The database's own is not in it. */
  readonly cpuUs: number;
  readonly queries: number;
}

export async function measureCold(database: Database, tokens: Tokens, count: number): Promise<ColdFigures[]> {
  await using feed = await createChangeFeed({ database });
  const counted = countQueries(database);
  await using authenticator = createAuthenticator({ database: counted, feed, clock: systemClock });
  const lookUp = async (token: string) => {
    const startedMs = performance.now();
    await authenticator.authenticate(token, { kind: "portal", slug: portal, trustedIssuers: [] });
    return performance.now() - startedMs;
  };

  async function measure(
    name: string,
    all: (made: readonly string[]) => Promise<number[]>,
  ): Promise<ColdFigures> {
    const made: string[] = [];
    while (made.length < count) made.push(await tokens.person());
    const queriesBefore = counted.queries;
    const before = process.cpuUsage();
    const took = await all(made);
    const { user, system } = process.cpuUsage(before);
    const cpuUs = (user + system) / count;
    return { name, each: spread(took), cpuUs, queries: counted.queries - queriesBefore };
  }

  // The connection is there, and the statement known to it.
  await lookUp(await tokens.person());
  return [
    await measure("one after the other", async (made) => {
      const took: number[] = [];
      for (const token of made) took.push(await lookUp(token));
      return took;
    }),
    await measure(`${count} at once`, (made) => Promise.all(made.map(lookUp))),
  ];
}
