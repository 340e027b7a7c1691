/** Who is signed in with a browser: the session's cookie, and what sets and removes it. */
import type { SignInSession, SignInSessions, User } from "@castellan/access";
import type { Clock } from "@castellan/kernel";
import { clientAddress, requestHeader, type Cookies } from "@castellan/web";
import type { Context } from "hono";
import type { FinishSignIn, Proof } from "./ports.ts";
import { parseReturnTo } from "./return-to.ts";

export interface SignedIn {
  readonly session: SignInSession;
  readonly user: User;
}

/** Something that is worth telling of whoever signs in. */
export interface SignInEvent {
  readonly outcome: "signed_in" | "refused";
  /** The fault's, where it was refused. */
  readonly code: string | undefined;
  readonly provider: string;
  readonly userId: string | undefined;
  readonly address: string;
}

export interface Browsers {
  /** Whose browser it is, if their session lives and they may come in. Asked of the database once for each request. */
  current(c: Context): Promise<SignedIn | undefined>;
  readonly finish: FinishSignIn;
  /** Ends the session; the clients that were let in from it stay. */
  signOut(c: Context): Promise<void>;
  /** Whether they have proved who they are within the last ten minutes. */
  isFresh(signedIn: SignedIn): boolean;
}

export interface BrowsersOptions {
  readonly sessions: SignInSessions;
  readonly cookies: Cookies;
  readonly clock: Clock;
  readonly lifetimeMs: number;
  readonly onSignIn: (event: SignInEvent) => void;
}

const cookie = "session";
const freshMs = 600_000;
/** The form of what is in the cookie: what is something else is not looked for. */
const secretForm = /^[\w-]{43}$/;

export function createBrowsers(options: BrowsersOptions): Browsers {
  const { sessions, cookies, clock, lifetimeMs, onSignIn } = options;
  const asked = new WeakMap<Context, Promise<SignedIn | undefined>>();

  const find = async (c: Context): Promise<SignedIn | undefined> => {
    const secret = cookies.read(c, cookie);
    return secret === undefined || !secretForm.test(secret) ? undefined : sessions.find(secret);
  };
  const current = (c: Context): Promise<SignedIn | undefined> => {
    const known = asked.get(c) ?? find(c);
    asked.set(c, known);
    return known;
  };

  const begin = async (c: Context, { user, provider, subject, amr, provedAt }: Proof): Promise<void> => {
    const { secret } = await sessions.begin({
      user,
      provider,
      subject,
      amr,
      authenticatedAt: provedAt,
      address: clientAddress(c),
      userAgent: requestHeader(c, "user-agent") ?? "",
      lifetimeMs,
    });
    keep(c, secret, lifetimeMs);
  };
  const keep = (c: Context, secret: string, forMs: number) =>
    cookies.write(c, cookie, secret, { maxAgeSeconds: Math.max(1, Math.floor(forMs / 1000)) });

  return Object.freeze<Browsers>({
    current,
    finish: async (c, proof) => {
      const before = await current(c);
      const stays =
        before?.user.id === proof.user.id &&
        before.session.provider === proof.provider &&
        before.session.subject === proof.subject;
      const proved = stays ? await sessions.prove(before.session.id, proof.amr, proof.provedAt) : undefined;
      if (proved) keep(c, proved.secret, proved.session.expiresAt.getTime() - clock.now());
      else {
        await begin(c, proof);
        // Nobody can reach it any more; what it has let in was let in by its own person.
        if (before) await sessions.end(before.session.id, { keepsGrants: true });
      }
      asked.delete(c);
      onSignIn({
        outcome: "signed_in",
        code: undefined,
        provider: proof.provider,
        userId: proof.user.id,
        address: clientAddress(c),
      });
      return c.redirect(parseReturnTo(proof.returnTo), 303);
    },
    signOut: async (c) => {
      const before = await current(c);
      if (before) await sessions.end(before.session.id, { keepsGrants: true });
      cookies.remove(c, cookie);
      asked.delete(c);
    },
    isFresh: ({ session }) => clock.now() - session.authenticatedAt.getTime() <= freshMs,
  });
}
