/**
 * Who may try to sign in at this moment: not more often from one address than people need, and at one account as
 * `attempts.ts` says, where a browser that its holder has used before is counted by itself.
 */
import { randomBytes, timingSafeEqual } from "node:crypto";
import type { Directory, User } from "@castellan/access";
import type { RateLimiter } from "@castellan/limits";
import type { Vault } from "@castellan/vault";
import { addressKey, clientAddress, type Cookies } from "@castellan/web";
import type { Context } from "hono";
import { throttled, type Attempts } from "./attempts.ts";

/** One try that is under way. It counts as one that failed until it is said to be good. */
export interface Try {
  succeed(user: User): Promise<void>;
}

export interface Tries {
  /** From this address. Fault: `sign_in_throttled`. */
  fromAddress(c: Context): Promise<Try>;
  /** From this address and at this account, whether there is one or not. Fault: `sign_in_throttled`. */
  atAccount(
    c: Context,
    account: { directory: Directory; email: string; user: User | undefined },
  ): Promise<Try>;
}

export interface TriesOptions {
  readonly attempts: Attempts;
  readonly rates: RateLimiter;
  readonly vault: Pick<Vault, "mac">;
  readonly cookies: Cookies;
  /** Tries that fail which one address may make in a minute, over all replicas. Default 30. */
  readonly perAddressPerMinute?: number | undefined;
}

const cookie = "device";
/** The longest that browsers keep one (RFC 6265bis §5.5). */
const cookieSeconds = 400 * 86_400;

export function createTries(options: TriesOptions): Tries {
  const { attempts, rates, vault, cookies, perAddressPerMinute = 30 } = options;

  const macOf = (userId: string, device: string) => vault.mac("sign-in/device", `${userId} ${device}`);

  /** What this browser is called as one in which this person has signed in. */
  const deviceOf = (c: Context, userId: string): string | undefined => {
    const [device = "", mac = ""] = cookies.read(c, cookie)?.split(".") ?? [];
    const [sent, right] = [Buffer.from(mac, "base64url"), macOf(userId, device)];
    return sent.length === right.length && timingSafeEqual(sent, right) ? device : undefined;
  };

  const rememberDevice = (c: Context, userId: string): void => {
    const device = deviceOf(c, userId) ?? randomBytes(16).toString("base64url");
    const mac = macOf(userId, device).toString("base64url");
    cookies.write(c, cookie, `${device}.${mac}`, { maxAgeSeconds: cookieSeconds });
  };

  const fromAddress = async (c: Context): Promise<Try> => {
    const key = `sign-in/${addressKey(clientAddress(c))}`;
    const taken = await rates.take(key, { perMinute: perAddressPerMinute });
    if (!taken.allowed) throw throttled(taken.retryAfterMs);
    return {
      succeed: async (user) => {
        // Many people come from one office: those who get in are not counted.
        taken.giveBack();
        rememberDevice(c, user.id);
      },
    };
  };

  return Object.freeze<Tries>({
    fromAddress,
    atAccount: async (c, { directory, email, user }) => {
      const device = user && deviceOf(c, user.id);
      const address = await fromAddress(c);
      const key = device === undefined ? `account ${directory} ${email.toLowerCase()}` : `device ${device}`;
      await attempts.begin(key);
      return {
        succeed: async (who) => {
          await attempts.succeed(key);
          await address.succeed(who);
        },
      };
    },
  });
}
