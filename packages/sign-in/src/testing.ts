/** The pages behind the listener's own stages, on a database of their own: for tests of signing in. */
import { randomBytes } from "node:crypto";
import {
  accessMigrations,
  createPeople,
  createSignInSessions,
  type NewUser,
  type People,
  type SignInSessions,
  type User,
} from "@castellan/access";
import { changeMigrations, type Database } from "@castellan/database";
import { createTestDatabase } from "@castellan/database/testing";
import { createManualClock, type Clock, type ManualClock } from "@castellan/kernel";
import { createRateLimiter, limitMigrations } from "@castellan/limits";
import { createVault, generateMasterKey, type Vault } from "@castellan/vault";
import { createCookies, createForms, createWebApp } from "@castellan/web";
import { TestBrowser } from "@castellan/web/testing";
import { Hono } from "hono";
import { createPasswordHasher } from "./local/password-hash.ts";
import { addProof } from "./local/proofs.ts";
import { newTotpSecret } from "./local/totp.ts";
import { signInMigrations } from "./migrations.ts";
import type { FinishSignIn, OfferedProvider } from "./ports.ts";
import { createSignIn, signInPagePaths, type SignIn } from "./sign-in.ts";
import type { SignInEvent } from "./signed-in.ts";
import { codeAt } from "./testing/code-at.ts";

export type { ShownPage, TestBrowser } from "@castellan/web/testing";
export { codeAt } from "./testing/code-at.ts";

export interface TestPerson {
  readonly user: User;
  readonly password: string;
  readonly totpSecret: Buffer;
}

export interface TestSignIn extends AsyncDisposable {
  readonly app: Hono;
  readonly signIn: SignIn;
  /** What providers sign people in with. */
  readonly finish: FinishSignIn;
  readonly database: Database;
  readonly vault: Vault;
  readonly people: People;
  readonly sessions: SignInSessions;
  readonly events: SignInEvent[];
  /** What was answered with 500. */
  readonly errors: unknown[];
  readonly publicUrl: string;
  browser(): TestBrowser;
  /** Somebody with a password, and an app for codes. */
  newPerson(person?: Partial<NewUser>): Promise<TestPerson>;
}

export interface TestSignInOptions<C extends Clock> {
  readonly publicUrl?: string;
  readonly clock: C;
  readonly offered?: readonly OfferedProvider[];
  readonly isLoopback?: boolean;
  readonly passwordCostLog2?: number;
}

/** Cheap to check; what it is worth is not what most of these tests look at. */
const cheap = 10;
export const testPassword = "correct horse battery staple";

export function createManualSignIn(
  options: Partial<TestSignInOptions<ManualClock>> = {},
): Promise<TestSignIn & { clock: ManualClock }> {
  const clock = createManualClock();
  return createTestSignIn({ clock, ...options }).then((made) => Object.assign(made, { clock }));
}

export async function createTestSignIn(options: TestSignInOptions<Clock>): Promise<TestSignIn> {
  const { clock, publicUrl = "https://castellan.test", offered = [], isLoopback = false } = options;
  const costLog2 = options.passwordCostLog2 ?? cheap;
  await using opened = new AsyncDisposableStack();
  const database = opened.use(
    await createTestDatabase([changeMigrations, accessMigrations, limitMigrations, signInMigrations]),
  );
  const vault = createVault({ current: generateMasterKey().key, older: [] }, randomBytes(32));
  const people = createPeople({ database, clock });
  const sessions = createSignInSessions({ database, clock });
  const errors: unknown[] = [];
  const onError = (error: unknown) => errors.push(error);
  const rates = opened.use(createRateLimiter({ database, clock, onError }));
  const cookies = createCookies(publicUrl);
  const forms = createForms({ cookies, publicUrl, clock, mac: vault.mac });
  const events: SignInEvent[] = [];
  const given = Promise.withResolvers<FinishSignIn>();
  const signIn = opened.use(
    createSignIn({
      database,
      vault,
      clock,
      people,
      sessions,
      rates,
      cookies,
      forms,
      publicUrl,
      providers: (finish) => {
        given.resolve(finish);
        return { app: new Hono(), offered: () => Promise.resolve(offered) };
      },
      passwordCostLog2: costLog2,
      onSignIn: (event) => events.push(event),
      onError,
    }),
  );
  const app = createWebApp({ publicUrl, isLoopback, pagePaths: signInPagePaths, onError });
  app.route("/", signIn.app);
  const hasher = createPasswordHasher({ vault, costLog2 });
  const hash = hasher.hash(testPassword);
  let made = 0;
  const owned = opened.move();
  return {
    app,
    signIn,
    finish: await given.promise,
    database,
    vault,
    people,
    sessions,
    events,
    errors,
    publicUrl,
    browser: () => new TestBrowser(app, publicUrl),
    newPerson: async (person) => {
      made += 1;
      const user = await people.add(
        { directory: "workforce", email: `person${made}@example.com`, name: `Person ${made}`, ...person },
        { by: "owner" },
      );
      const totpSecret = newTotpSecret();
      const proof = {
        kind: "password",
        hash: await hash,
        totpSecret,
        totpStep: 0,
        nowMs: clock.now(),
      } as const;
      await database.transaction((tx) => addProof(tx, vault, user.id, proof));
      return { user, password: testPassword, totpSecret };
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Signs somebody in with their password and a code of this moment. */
export async function signInWithPassword(
  browser: TestBrowser,
  { user, password, totpSecret }: TestPerson,
  { nowMs, path = "/sign-in" }: { nowMs: number; path?: string },
) {
  const page = await browser.get(path);
  return browser.submit(page, "/sign-in/password", {
    email: user.email,
    password,
    code: codeAt(totpSecret, nowMs),
  });
}
