/** The pages behind the listener's own stages, with real requests on a database of their own: for tests of the pages. */
import { randomBytes } from "node:crypto";
import { changeMigrations, createChangeFeed } from "@castellan/database";
import { createTestDatabase } from "@castellan/database/testing";
import { createId, createManualClock, type ManualClock } from "@castellan/kernel";
import { createVault, generateMasterKey } from "@castellan/vault";
import { createCookies, createForms, createWebApp } from "@castellan/web";
import { TestBrowser } from "@castellan/web/testing";
import type { Hono } from "hono";
import { getCookie } from "hono/cookie";
import type { Approval, Asker, Need, Person } from "../approval.ts";
import type { Approvals, NewApproval, Proof } from "../approvals.ts";
import { createApprovals } from "../create-approvals.ts";
import { approvalMigrations } from "../migrations.ts";
import { createApprovalPages } from "./approval-pages.ts";
import { approvalPagePath } from "./paths.ts";
import type { Visitor } from "./visitor.ts";

/** Somebody with a browser in which they are signed in. */
export interface TestVisitor {
  readonly person: Person;
  readonly browser: TestBrowser;
  /** They prove anew who they are, in this browser. */
  prove(...amr: string[]): void;
  signOut(): void;
}

export interface TestPages extends AsyncDisposable {
  readonly app: Hono;
  readonly approvals: Approvals;
  readonly clock: ManualClock;
  /** What was told of proofs, by grant. */
  readonly proved: (readonly [grantId: string, proof: Proof])[];
  /** What was answered with 500. */
  readonly errors: unknown[];
  browser(): TestBrowser;
  /** Signed in an hour ago with a password. */
  visitor(name: string, more?: Partial<Person>): TestVisitor;
  ask(asker: Person, needs: readonly Need[], more?: AskOptions): Promise<Approval>;
}

export interface AskOptions extends Partial<Omit<NewApproval, "asker" | "subject">> {
  readonly asker?: Partial<Asker>;
  readonly subject?: Partial<NewApproval["subject"]>;
}

export const publicUrl = "https://castellan.test";

export const needsYes = (more: Partial<Extract<Need, { kind: "decision" }>> = {}): Need => ({
  kind: "decision",
  rule: "big-changes",
  deciders: { groups: ["leads"] },
  holdsSeconds: 0,
  ...more,
});
export const needsProof: Need = {
  kind: "proof",
  rule: "fresh-proof",
  withinSeconds: 600,
  methods: undefined,
};
export const needsPurpose: Need = { kind: "purpose", rule: "say-why", holdsSeconds: 0 };

export async function createTestPages(
  clock: ManualClock = createManualClock(),
  url: string = publicUrl,
): Promise<TestPages> {
  await using opened = new AsyncDisposableStack();
  const database = opened.use(await createTestDatabase([changeMigrations, approvalMigrations]));
  const changes = opened.use(await createChangeFeed({ database }));
  const vault = createVault({ current: generateMasterKey().key, older: [] }, randomBytes(32));
  const errors: unknown[] = [];
  const onError = (error: unknown) => errors.push(error);
  const people = new Map<string, Person>();
  const approvals = opened.use(
    createApprovals({
      database,
      vault,
      clock,
      changes,
      people: { person: async (_, id) => people.get(id), deciders: async () => [] },
      onError,
    }),
  );
  const sessions = new Map<string, Visitor>();
  const proved: TestPages["proved"] = [];
  const app = createWebApp({ publicUrl: url, pagePaths: [approvalPagePath], onError });
  app.route(
    "/",
    createApprovalPages({
      approvals,
      visitors: {
        current: async (c) => sessions.get(getCookie(c, "session") ?? ""),
        signInPath: (to, { directory = "workforce", again, other } = {}) =>
          `/sign-in?${new URLSearchParams({ to, directory, ...(again && { again: "1" }), ...(other && { other: "1" }) })}`,
      },
      forms: createForms({ cookies: createCookies(url), publicUrl: url, clock, mac: vault.mac }),
      clock,
      publicUrl: url,
      proved: async (...told) => {
        proved.push(told);
      },
    }),
  );
  const owned = opened.move();
  let made = 0;
  return {
    app,
    approvals,
    clock,
    proved,
    errors,
    browser: () => new TestBrowser(app, url),
    visitor: (name, more) => {
      const person: Person = {
        id: createId("user"),
        name,
        email: `${name.split(" ")[0]?.toLowerCase() ?? ""}@example.com`,
        directory: "workforce",
        groups: [],
        role: "member",
        ...more,
      };
      people.set(person.id, person);
      const browser = new TestBrowser(app, url);
      const id = createId("signIn");
      browser.cookies.set("session", id);
      const signIn = (amr: readonly string[], atMs: number) =>
        sessions.set(id, { person, session: { id, amr, authenticatedAt: new Date(atMs) } });
      signIn(["pwd"], clock.now() - 3600_000);
      return {
        person,
        browser,
        prove: (...amr) => void signIn(amr, clock.now()),
        signOut: () => void sessions.delete(id),
      };
    },
    ask: ({ id, name, email }, needs, { asker, subject, ...more } = {}) => {
      made += 1;
      return approvals.ask({
        kind: "call",
        asker: { id, kind: "user", name, email, grantId: "grt_1", client: "Claude", ...asker },
        subject: {
          portal: "main",
          server: "okrs",
          method: "tools/call",
          target: "okrs_delete",
          name: "delete",
          class: "destructive",
          address: "192.0.2.7",
          ...subject,
        },
        binding: `binding ${made}`,
        holdsFor: "holds",
        needs,
        arguments: '{"id":7,"reason":"old"}',
        expiresAt: new Date(clock.now() + 86_400_000),
        ...more,
      });
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
