/** A linked account as the API shows it: never what it has. */
import { accountStates, type Account } from "@castellan/credentials";
import { z } from "zod";
import { isoTime } from "../fields.ts";

const accountFacts = {
  id: z.string(),
  kind: z.enum(["oauth", "key"]),
  issuer: z.string().optional().describe("The authorization server that gave the tokens"),
  scopes: z.array(z.string()).describe("What was granted, as far as is known"),
  wantedScopes: z
    .array(z.string())
    .describe("Of a shared sign-in: what the server missed since, to be asked for with the next one"),
  state: z.enum(accountStates).describe("`needs_sign_in`: what it had was refused for good"),
  reason: z.string().optional().describe("Why it needs a sign-in: the code of what was refused"),
  failure: z
    .object({
      code: z.string(),
      message: z.string(),
      at: isoTime,
      times: z.int().describe("How often in a row"),
    })
    .optional()
    .describe("The last renewal that failed, though it may succeed later"),
  isRenewable: z.boolean().describe("Whether it goes on without another sign-in"),
  expiresAt: isoTime.optional().describe("When what it has ends; absent: nobody says"),
  linkedBy: z.string().describe("Who signed in: name or e-mail"),
  linkedFrom: z.string().optional().describe("The client that set it off, as it calls itself"),
  linkedAt: isoTime,
  refreshedAt: isoTime.optional(),
  usedAt: isoTime.optional().describe("Exact to about a minute"),
};

export const shownAccount = z
  .object({
    owner: z
      .object({ kind: z.enum(["person", "shared"]), id: z.string().optional() })
      .describe("Whose it is; `shared`: an admin signed in, for all"),
    ...accountFacts,
  })
  .meta({ id: "Account" });

export const myAccount = z
  .object({
    server: z.string().optional().describe("The server's slug; absent: it is gone"),
    title: z.string(),
    ...accountFacts,
  })
  .meta({ id: "MyAccount" });

/** What is not in the schema is left out when it is answered. */
export function toAccountFacts(account: Account) {
  return { ...account, scopes: [...account.scopes], wantedScopes: [...account.wantedScopes] };
}

export function toShownAccount(account: Account): z.input<typeof shownAccount> {
  return toAccountFacts(account);
}
