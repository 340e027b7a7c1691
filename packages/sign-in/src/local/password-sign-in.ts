/**
 * E-mail, password and code, judged together: the answer to any that do not fit is one answer, after the same work, so
 * neither that there is an account nor that its password was right can be found out without all three.
 */
import { accessFaults, type Directory, type People, type User } from "@castellan/access";
import type { Queryable } from "@castellan/database";
import type { Clock } from "@castellan/kernel";
import type { Vault } from "@castellan/vault";
import type { Context } from "hono";
import { signInFaults } from "../faults.ts";
import type { PasswordHasher } from "./password-hash.ts";
import { findPassword, spendStep } from "./password-store.ts";
import { matchTotp, totpSecretBytes } from "./totp.ts";
import type { Tries } from "./tries.ts";

export interface Entered {
  readonly directory: Directory;
  readonly email: string;
  readonly password: string;
  readonly code: string;
}

export interface PasswordSignIn {
  /** Whose they are. Faults: `sign_in_failed`, `sign_in_throttled`, `sign_in_busy`, `account_suspended`. */
  prove(c: Context, entered: Entered): Promise<{ user: User; amr: string[] }>;
}

export interface PasswordSignInOptions {
  readonly people: Pick<People, "find">;
  readonly database: Queryable;
  readonly vault: Pick<Vault, "open">;
  readonly hasher: PasswordHasher;
  readonly tries: Tries;
  readonly clock: Clock;
}

export function createPasswordSignIn(options: PasswordSignInOptions): PasswordSignIn {
  const { people, database, vault, hasher, tries, clock } = options;
  return Object.freeze<PasswordSignIn>({
    prove: async (c, { directory, email, password, code }) => {
      const user = await people.find(directory, email);
      const attempt = await tries.atAccount(c, { directory, email, user });
      const kept = await findPassword(database, vault, user?.id);
      const isPassword = await hasher.verify(password, kept?.hash);
      const step = matchTotp(kept?.totpSecret ?? nobodysSecret, code, {
        nowMs: clock.now(),
        afterStep: kept?.totpStep ?? 0,
      });
      if (!user || !kept || !isPassword || step === undefined) throw failed();
      // Of many with the same code at once one is first.
      if (!(await spendStep(database, user.id, step))) throw failed();
      // Who has proved it may know.
      if (user.status !== "active")
        throw accessFaults.fault("account_suspended", "This account is suspended; ask an admin");
      await attempt.succeed(user);
      return { user, amr: ["pwd", "otp", "mfa"] };
    },
  });
}

const nobodysSecret = Buffer.alloc(totpSecretBytes);

function failed(): Error {
  return signInFaults.fault(
    "sign_in_failed",
    "That did not match. Check the e-mail address, the password and the code, and use a code only once.",
  );
}
