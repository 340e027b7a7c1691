/** The judges of one caller: one for each connection that they came by lately. */
import type { Connection } from "../facts/facts.ts";
import { createConnectionJudge, type ConnectionJudge } from "./connection-judge.ts";
import type { KnownCaller } from "./known-caller.ts";

export interface Judges {
  at(connection: Connection): ConnectionJudge;
}

/** For how many connections of each caller judges are kept. */
export function createJudges(caller: KnownCaller, maxConnections: number): Judges {
  const judges = new Map<string, ConnectionJudge>();
  return {
    at(connection) {
      const key = keyOf(connection);
      const known = judges.get(key);
      const judge = known ?? createConnectionJudge(caller, connection);
      // The one that was used longest ago stands first, and goes first.
      if (known) judges.delete(key);
      else if (judges.size >= maxConnections) judges.delete(judges.keys().next().value as string);
      judges.set(key, judge);
      return judge;
    },
  };
}

/** All that rules can see of it. The common name, the only part that a stranger may have written, stands last. */
function keyOf({ address, country, certificate, postures }: Connection): string {
  let key = `${address} ${country}`;
  for (const slug of Object.keys(postures).toSorted()) key += ` ${slug}=${postures[slug]}`;
  if (certificate === undefined) return key;
  const { fingerprint, commonName } = certificate;
  return commonName === undefined ? `${key} ${fingerprint}` : `${key} ${fingerprint} ${commonName}`;
}
