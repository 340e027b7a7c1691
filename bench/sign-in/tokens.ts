/** Tokens as the authorization server and an admin would have made them, written straight to the tables. */
import {
  addAccessToken,
  addGrant,
  createPeople,
  createSignInSessions,
  createToken,
  generateSecret,
  hashSecret,
  portalScope,
  serverScope,
  toolClasses,
} from "@castellan/access";
import type { Database } from "@castellan/database";
import { systemClock } from "@castellan/kernel";

export interface Tokens {
  /** Of a grant of its own. */
  person(): Promise<string>;
  service(): Promise<string>;
}

/** The portal and the server that all of them are for. */
export const portal = "bench";
export const everyScope = [
  portalScope(portal),
  ...toolClasses.map((toolClass) => serverScope("bench", toolClass)),
];

const hourMs = 3_600_000;

export async function createTokens(database: Database): Promise<Tokens> {
  const user = await createPeople({ database, clock: systemClock }).add(
    { directory: "workforce", email: "hot@example.com", name: "Hot" },
    { by: "owner" },
  );
  const { session } = await createSignInSessions({ database, clock: systemClock }).begin({
    user,
    provider: "local",
    amr: ["pwd", "otp"],
    address: "192.0.2.1",
    userAgent: "bench",
    lifetimeMs: hourMs,
  });
  return {
    async service() {
      const name = `hot-${Math.random()}`;
      const input = {
        name,
        role: "member",
        portals: [portal],
        allow: toolClasses,
        createdBy: "bench",
      } as const;
      return (await createToken(database, input, Date.now())).secret;
    },
    async person() {
      const secret = generateSecret("access");
      const given = {
        clientId: "https://client.example/app.json",
        portal,
        scopes: everyScope,
        createdAt: new Date(),
        expiresAt: new Date(Date.now() + hourMs),
      };
      await database.transaction(async (tx) => {
        const grant = { ...given, userId: user.id, clientName: "App", signInId: session.id };
        const { id: grantId } = await addGrant(tx, grant);
        await addAccessToken(tx, { ...given, grantId, refreshHash: undefined, hash: hashSecret(secret) });
      });
      return secret;
    },
  };
}
