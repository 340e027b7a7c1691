/**
 * Challenges for passkeys (WebAuthn §13.4.3), without a row for each page that somebody opens: a challenge says when it
 * was made, and its MAC binds it to what it is for and to the browser that was given it. One that was answered is kept
 * as long as it would be good, so it is answered once.
 *
 *     random (16) + expiry, seconds since the epoch (6) + MAC (16), base64url
 */
import { hash, randomBytes, timingSafeEqual } from "node:crypto";
import { sql, type Queryable } from "@castellan/database";
import type { Clock } from "@castellan/kernel";
import type { Vault } from "@castellan/vault";

export interface Challenges {
  /** For one purpose, such as `sign-in`, in one browser. */
  make(purpose: string, browser: string): string;
  /** Whether it was made for this, in this browser, within the last hour. Says nothing of whether it was answered. */
  isGood(challenge: string, purpose: string, browser: string): boolean;
  /** Uses it up; false when it was used before. To be called after all else has been checked. */
  spend(challenge: string): Promise<boolean>;
  /** Removes those that would be good no more, a bounded part. */
  sweep(): Promise<void>;
}

export interface ChallengesOptions {
  readonly database: Queryable;
  readonly vault: Pick<Vault, "mac">;
  readonly clock: Clock;
}

/** As long as the form that it stands in. */
const lifetimeSeconds = 3600;
const headBytes = 22;
const macBytes = 16;

export function createChallenges({ database, vault, clock }: ChallengesOptions): Challenges {
  const macOf = (head: Buffer, purpose: string, browser: string) =>
    vault
      .mac("sign-in/challenge", `${head.toString("base64url")} ${browser} ${purpose}`)
      .subarray(0, macBytes);

  return Object.freeze<Challenges>({
    make: (purpose, browser) => {
      const head = randomBytes(headBytes);
      head.writeUIntBE(Math.floor(clock.now() / 1000) + lifetimeSeconds, headBytes - 6, 6);
      return Buffer.concat([head, macOf(head, purpose, browser)]).toString("base64url");
    },
    isGood: (challenge, purpose, browser) => {
      const bytes = Buffer.from(challenge, "base64url");
      if (bytes.length !== headBytes + macBytes || bytes.toString("base64url") !== challenge) return false;
      const head = bytes.subarray(0, headBytes);
      const isOurs = timingSafeEqual(bytes.subarray(headBytes), macOf(head, purpose, browser));
      return isOurs && expiryMs(head) > clock.now();
    },
    spend: async (challenge) => {
      const expiresAt = new Date(expiryMs(Buffer.from(challenge, "base64url")));
      const spent = await database.query(sql`
        insert into spent_challenges (hash, expires_at) values (${hash("sha256", challenge, "buffer")}, ${expiresAt})
        on conflict do nothing returning 1 as one`);
      return spent.length > 0;
    },
    sweep: async () => {
      await database.query(sql`
        delete from spent_challenges where hash in (
          select hash from spent_challenges where expires_at < ${new Date(clock.now())}
          order by expires_at limit 1000 for update skip locked)`);
    },
  });
}

function expiryMs(bytes: Buffer): number {
  return bytes.readUIntBE(headBytes - 6, 6) * 1000;
}
