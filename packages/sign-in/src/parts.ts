/** What the pages work with; `sign-in.ts` puts it together. */
import type { People, SignInSessions } from "@castellan/access";
import type { Database } from "@castellan/database";
import type { Clock } from "@castellan/kernel";
import type { Vault } from "@castellan/vault";
import type { Forms } from "@castellan/web";
import type { PasswordHasher } from "./local/password-hash.ts";
import type { PasswordSignIn } from "./local/password-sign-in.ts";
import type { Passkeys } from "./local/passkeys.ts";
import type { Tries } from "./local/tries.ts";
import type { SignInProviders } from "./ports.ts";
import type { Browsers, SignInEvent } from "./signed-in.ts";

export interface Parts {
  readonly database: Database;
  readonly vault: Pick<Vault, "seal" | "open" | "mac">;
  readonly clock: Clock;
  readonly people: People;
  readonly sessions: SignInSessions;
  readonly forms: Forms;
  readonly browsers: Browsers;
  readonly passkeys: Passkeys;
  readonly hasher: PasswordHasher;
  readonly passwords: PasswordSignIn;
  readonly tries: Tries;
  readonly providers: SignInProviders;
  /** Of the installation: `mcp.example.com`. */
  readonly host: string;
  readonly onSignIn: (event: SignInEvent) => void;
}
