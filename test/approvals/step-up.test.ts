/** A rule wants a fresh proof: from the request's page to the sign-in, back, and on; with real sessions. */
import { randomBytes } from "node:crypto";
import {
  approvalMigrations,
  approvalPath,
  createApprovalPages,
  createApprovals,
  type Approval,
  type Need,
  type Proof,
} from "@castellan/approvals";
import { changeMigrations, createChangeFeed } from "@castellan/database";
import { createTestDatabase } from "@castellan/database/testing";
import type { ManualClock } from "@castellan/kernel";
import { codeAt, createManualSignIn, type TestPerson, type TestSignIn } from "@castellan/sign-in/testing";
import { createVault, generateMasterKey } from "@castellan/vault";
import { createCookies, createForms } from "@castellan/web";
import { afterEach, beforeEach, expect, test } from "vitest";

let house: TestSignIn & { clock: ManualClock };
let approvals: ReturnType<typeof createApprovals>;
let proved: [string, Proof][];
let ada: TestPerson;
let owned: AsyncDisposableStack;
/** What the provider says of her next. */
let amr: readonly string[];

beforeEach(async () => {
  await using opened = new AsyncDisposableStack();
  house = opened.use(await createManualSignIn());
  const { app, clock, publicUrl, signIn, vault } = house;
  const database = opened.use(await createTestDatabase([changeMigrations, approvalMigrations]));
  const changes = opened.use(await createChangeFeed({ database }));
  approvals = opened.use(
    createApprovals({
      database,
      vault: createVault({ current: generateMasterKey().key, older: [] }, randomBytes(32)),
      clock,
      changes,
      people: { person: async () => undefined, deciders: async () => [] },
      onError: (error) => house.errors.push(error),
    }),
  );
  proved = [];
  app.route(
    "/",
    createApprovalPages({
      approvals,
      visitors: {
        current: async (c) => {
          const signedIn = await signIn.current(c);
          return signedIn && { person: signedIn.user, session: signedIn.session };
        },
        signInPath: signIn.signInPath,
      },
      forms: createForms({ cookies: createCookies(publicUrl), publicUrl, clock, mac: vault.mac }),
      clock,
      publicUrl,
      proved: async (...told) => {
        proved.push(told);
      },
    }),
  );
  ada = await house.newPerson();
  amr = [];
  // Where a provider's answer ends up.
  app.get("/sign-in/callback/corp", (c) =>
    house.finish(c, { user: ada.user, provider: "corp", amr, returnTo: c.req.query("to") }),
  );
  owned = opened.move();
});
afterEach(async () => {
  expect(house.errors).toEqual([]);
  await owned.disposeAsync();
});

const ask = (need: Partial<Extract<Need, { kind: "proof" }>> = {}): Promise<Approval> =>
  approvals.ask({
    kind: "call",
    asker: {
      id: ada.user.id,
      kind: "user",
      name: ada.user.name,
      email: ada.user.email,
      grantId: "grt_1",
      client: "Claude",
    },
    subject: {
      portal: "main",
      server: "okrs",
      method: "tools/call",
      target: "okrs_delete",
      name: "delete",
      class: "destructive",
      address: "192.0.2.7",
    },
    binding: "b",
    holdsFor: "h",
    needs: [{ kind: "proof", rule: "r", withinSeconds: 600, methods: undefined, ...need }],
    arguments: "{}",
    expiresAt: new Date(house.clock.now() + 86_400_000),
  });
const stateOf = async ({ id }: Approval) => (await approvals.find(id))?.state;
const proveLink = (text: string) =>
  /<a class="button" href="([^"]*)"/.exec(text)?.[1]?.replaceAll("&amp;", "&") ?? "";

test("signed in since this morning: sign in once more, come back, go on", async () => {
  const asked = await ask();
  const path = approvalPath(asked.id);
  const browser = house.browser();
  const fields = () => ({
    email: ada.user.email,
    password: ada.password,
    code: codeAt(ada.totpSecret, house.clock.now()),
  });
  // Not signed in: there first, and then to the page.
  const door = await browser.open(path);
  const first = await browser.submit(door, "/sign-in/password", fields());
  expect(first.location).toBe(path);
  house.clock.advance(3600_000);
  const stale = await browser.get(path);
  expect(stale.words).toContain("Prove that it is you");
  expect(proveLink(stale.text)).toBe(`/sign-in?to=${encodeURIComponent(path)}&again=1`);
  const again = await browser.open(proveLink(stale.text));
  const back = await browser.submit(again, "/sign-in/password", fields());
  expect(back.location).toBe(path);
  const fresh = await browser.get(path);
  await browser.submit(fresh, `${path}/continue`);
  expect([await stateOf(asked), proved]).toEqual([
    "approved",
    [["grt_1", { at: new Date(house.clock.now()), amr: ["pwd", "otp", "mfa"] }]],
  ]);
});

test("a password of now does not become two factors by those of this morning", async () => {
  const asked = await ask();
  const path = approvalPath(asked.id);
  const browser = house.browser();
  amr = ["hwk", "mfa"];
  await browser.get("/sign-in/callback/corp");
  house.clock.advance(3600_000);
  amr = ["pwd"];
  expect((await browser.get(`/sign-in/callback/corp?to=${path}`)).location).toBe(path);
  const page = await browser.get(path);
  expect(page.words).toContain(
    "You have proved who you are, by a password. The rule wants a second factor, or a passkey that asks for a PIN or a fingerprint.",
  );
  expect([...page.forms.keys()]).toEqual([`${path}/withdraw`]);
  const form_token = page.forms.get(`${path}/withdraw`)?.get("form_token") ?? "";
  const forced = await browser.post(`${path}/continue`, new URLSearchParams({ form_token }));
  expect([forced.status, await stateOf(asked), proved]).toEqual([403, "pending", []]);
  amr = ["hwk", "mfa"];
  await browser.get("/sign-in/callback/corp");
  await browser.submit(await browser.get(path), `${path}/continue`);
  expect(await stateOf(asked)).toBe("approved");
});

test("somebody else's proof, in her browser, is not hers", async () => {
  const asked = await ask();
  const path = approvalPath(asked.id);
  const browser = house.browser();
  amr = ["hwk", "mfa"];
  await browser.get("/sign-in/callback/corp");
  const page = await browser.get(path);
  const eve = await house.newPerson();
  const door = await browser.get("/sign-in?other=1");
  await browser.submit(door, "/sign-in/password", {
    email: eve.user.email,
    password: eve.password,
    code: codeAt(eve.totpSecret, house.clock.now()),
  });
  expect((await browser.get(path)).status).toBe(404);
  expect((await browser.submit(page, `${path}/continue`)).status).toBe(403);
  expect([await stateOf(asked), proved]).toEqual(["pending", []]);
});
