/** What is sent as bearer token: one that stays, or that of whoever is signed in, which is replaced when it runs out. */
import { cliFaults } from "../faults.ts";
import type { Terminal } from "../terminal.ts";
import type { Credential } from "./find-access.ts";
import { changeLogins, findLogin, loadLogins, withLogin, type Login, type Logins } from "./logins.ts";

/** The token for a request that is sent now. Faults: `login_over`, those of `loadLogins`, `server_unreachable`. */
export type TokenSource = () => Promise<string>;

/** A request that begins with a token must not be overtaken by its end. */
const marginMs = 30_000;

/** `waitMs`: for other commands that replace the token at this moment; default 20 s. */
export function toTokenSource(
  credential: Credential,
  terminal: Terminal,
  { waitMs }: { waitMs?: number } = {},
): TokenSource {
  if (typeof credential === "string") return () => Promise.resolve(credential);
  const { signedInAt } = credential;
  let underWay: Promise<string> | undefined;

  async function current(): Promise<string> {
    const login = loginAt(await loadLogins(terminal), signedInAt);
    return isGood(login) ? login.accessToken : replaced();
  }

  /** Another command may have done it while this one waited. */
  function replaced(): Promise<string> {
    return changeLogins(
      terminal,
      async (logins) => {
        const login = loginAt(logins, signedInAt);
        if (isGood(login)) return { logins, result: login.accessToken };
        const { refreshLogin } = await import("../login/authorization-server.ts");
        const fresh = await refreshLogin(login, terminal.now);
        return { logins: withLogin(logins, fresh), result: fresh.accessToken };
      },
      { waitMs },
    );
  }

  function isGood({ expiresAtMs }: Login): boolean {
    return expiresAtMs - marginMs > terminal.now();
  }

  return () => (underWay ??= current().finally(() => (underWay = undefined)));
}

function loginAt(logins: Logins, url: string): Login {
  const login = findLogin(logins, url);
  if (login) return login;
  throw cliFaults.fault("login_over", `Nobody is signed in at ${url} any more`);
}
