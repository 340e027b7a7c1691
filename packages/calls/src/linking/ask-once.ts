/**
 * Of many calls of a person that want the same at the same time, one asks for it. What they want goes to the database one
 * after the other, as it would there: a flood of one person's calls holds one of its connections, and not all.
 */
import { credentialFaults, type LinkRequest } from "@castellan/credentials";
import type { CallLinks } from "../credentials/ports.ts";

type Wanted = Parameters<CallLinks["ask"]>[0];

interface Asking {
  readonly same: Map<string, Promise<LinkRequest>>;
  last: Promise<unknown>;
}

/** Other requests of one person that wait for their turn, on each replica. */
const maxAtOnce = 64;

const asking = new WeakMap<Pick<CallLinks, "ask">, Map<string, Asking>>();

/** Rejects with what `Links.ask` does, `links_limited` where too many are on their way. */
export async function askOnce(links: Pick<CallLinks, "ask">, wanted: Wanted): Promise<LinkRequest> {
  const people = asking.get(links) ?? new Map<string, Asking>();
  asking.set(links, people);
  const { personId } = wanted;
  const own = people.get(personId) ?? {
    same: new Map<string, Promise<LinkRequest>>(),
    last: Promise.resolve(),
  };
  const key = JSON.stringify(wanted);
  const known = own.same.get(key);
  if (known) return known;
  if (own.same.size >= maxAtOnce)
    throw credentialFaults.fault(
      "links_limited",
      `${maxAtOnce} requests to sign in are being made at this moment`,
    );
  people.set(personId, own);
  const turn = own.last
    .then(() => links.ask(wanted))
    .finally(() => {
      own.same.delete(key);
      if (own.same.size === 0) people.delete(personId);
    });
  own.same.set(key, turn);
  own.last = turn.catch(() => undefined);
  return turn;
}
