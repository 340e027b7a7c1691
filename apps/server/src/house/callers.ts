/** Who comes: people and how they are known, tokens, and who somebody is by now that was let in before. Who gets what, no logic. */
import {
  createAuthenticator,
  createIssuers,
  createPeople,
  createSignInSessions,
  createStandings,
  type Authenticator,
  type Issuers,
  type People,
  type SignInSessions,
  type Standings,
} from "@castellan/access";
import type { Ground } from "./ground.ts";

export interface Callers extends AsyncDisposable {
  readonly people: People;
  readonly signInSessions: SignInSessions;
  readonly issuers: Issuers;
  readonly authenticator: Authenticator;
  readonly standings: Standings;
}

export async function openCallers(ground: Ground): Promise<Callers> {
  const { database, clock, changes, outbound, onError } = ground;
  await using opened = new AsyncDisposableStack();
  const people = createPeople({ database, clock });
  const signInSessions = createSignInSessions({ database, clock });
  const issuers = opened.use(await createIssuers({ database, changes, outbound, people, clock }));
  const authenticator = opened.use(createAuthenticator({ database, feed: changes, clock, issuers, onError }));
  const standings = opened.use(createStandings({ database, feed: changes, clock }));
  const owned = opened.move();
  return {
    people,
    signInSessions,
    issuers,
    authenticator,
    standings,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
