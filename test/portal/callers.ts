/** People, what they gave their clients, and what clients have for themselves: as the parts that make them would write it. */
import {
  addAccessToken,
  addGrant,
  createGroups,
  createPeople,
  createSignInSessions,
  generateSecret,
  hashSecret,
  type Grant,
  type User,
} from "@castellan/access";
import type { Database } from "@castellan/database";
import { systemClock } from "@castellan/kernel";

const hourMs = 60 * 60_000;

export function callersOf(database: Database) {
  const people = createPeople({ database, clock: systemClock });
  const groups = createGroups({ database, clock: systemClock });
  const sessions = createSignInSessions({ database, clock: systemClock });

  async function token(
    of: Pick<Grant, "clientId" | "portal" | "scopes"> & {
      grantId: Grant["id"] | undefined;
      expiresAt?: Date;
    },
  ): Promise<string> {
    const secret = generateSecret("access");
    await addAccessToken(database, {
      createdAt: new Date(),
      expiresAt: new Date(Date.now() + hourMs),
      refreshHash: undefined,
      ...of,
      hash: hashSecret(secret),
    });
    return secret;
  }

  return {
    people,
    groups,
    async person(name: string, ...inGroups: string[]): Promise<User> {
      const email = `${name}@example.com`;
      return people.add({ directory: "workforce", email, name, groups: inGroups }, { by: "owner" });
    },
    /** What somebody gave a client, and a token of it. */
    async grant(
      { id: userId }: Pick<User, "id">,
      portal: string | undefined,
      scopes: readonly string[],
      clientId = "https://client.example/app.json",
    ): Promise<{ token: string; grantId: Grant["id"] }> {
      const { session } = await sessions.begin({
        user: { id: userId },
        provider: "local",
        amr: ["pwd", "otp"],
        address: "192.0.2.1",
        userAgent: "a browser",
        lifetimeMs: 24 * hourMs,
      });
      const { id: grantId } = await addGrant(database, {
        userId,
        clientId,
        clientName: "App",
        portal,
        scopes,
        signInId: session.id,
        createdAt: new Date(),
        expiresAt: new Date(Date.now() + 24 * hourMs),
      });
      return { token: await token({ grantId, clientId, portal, scopes }), grantId };
    },
    /** A token that a client has for itself. */
    ofClient: (clientId: string, portal: string, scopes: readonly string[]) =>
      token({ grantId: undefined, clientId, portal, scopes }),
    token,
  };
}
