/** Passkeys in a real browser, from the link for the first owner to the last one that is removed. */
import { createInvitation, ensureFirstOwnerLink, welcomePath } from "@castellan/sign-in";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createScene, formSentTo, type Scene, type Visitor } from "./scene.ts";

let scene: Scene;

beforeAll(async () => {
  scene = await createScene();
});
afterAll(async () => {
  expect(scene.house.errors).toEqual([]);
  await scene[Symbol.asyncDispose]();
});

const asWords = async ({ page }: Visitor) => (await page.locator("main").innerText()).replaceAll(/\s+/g, " ");

/** A visitor with a passkey for an account of theirs, signed in. */
async function newMember(directory: "workforce" | "customers" = "workforce") {
  const email = `p${Math.random().toString(36).slice(2)}@example.com`;
  const user = await scene.house.people.add({ directory, email, name: "Ada" }, { by: "owner" });
  const visitor = await scene.newVisitor();
  await comeIn(visitor, await linkFor(user.id));
  return { user, ...visitor };
}

async function linkFor(userId: Parameters<typeof createInvitation>[1]["userId"]): Promise<string> {
  const { secret } = await createInvitation(scene.house.database, {
    userId,
    createdBy: "test",
    nowMs: Date.now(),
  });
  return welcomePath(secret);
}

async function comeIn({ page }: Visitor, link: string): Promise<void> {
  await page.goto(link);
  await page.getByRole("button", { name: "Make a passkey" }).click();
  await page.waitForURL("**/account");
}

async function signOut({ page }: Pick<Visitor, "page">): Promise<void> {
  await page.goto("/sign-out");
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "You are signed out" }).waitFor();
}

test("the first owner comes in by a link, and from then on by passkey alone", async () => {
  let link = "";
  await ensureFirstOwnerLink(scene.house.database, {
    nowMs: Date.now(),
    keep: async ({ secret }) => {
      link = welcomePath(secret);
    },
  });
  const visitor = await scene.newVisitor();
  const { page, device, problems } = visitor;
  await page.goto(link);
  await page.getByLabel("Your name").fill("Grace Hopper");
  await page.getByLabel("Your e-mail").fill("grace@example.com");
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("button", { name: "Make a passkey" }).click();
  await page.waitForURL("**/account");
  expect(await device.passkeys()).toBe(1);
  const owner = await scene.house.people.find("workforce", "grace@example.com");
  expect(owner).toMatchObject({ role: "owner", name: "Grace Hopper" });

  await signOut(visitor);
  await page.goto(scene.house.signIn.signInPath("/account/new-passkey"));
  await page.getByRole("button", { name: "Use a passkey" }).click();
  await page.waitForURL("**/account/new-passkey");
  expect(await scene.house.sessions.list(owner?.id ?? ("usr_" as never))).toMatchObject([
    { provider: "local", amr: ["hwk", "user", "mfa"] },
  ]);
  // The same device is not asked twice for the same account.
  await page.getByRole("button", { name: "Add a passkey" }).click();
  await page.getByText("This device has a passkey for this account already.").waitFor();
  expect([await device.passkeys(), problems]).toEqual([1, []]);
});

test("a device that does not know who holds it makes and opens nothing", async () => {
  const { user, page, device } = await newMember();
  await signOut({ page });
  await device.verifyUser(false);
  await page.goto("/sign-in");
  await page.getByRole("button", { name: "Use a passkey" }).click();
  await page.getByText("No passkey was used. Try again, or choose another way.").waitFor();
  expect(await scene.house.sessions.list(user.id)).toEqual([]);
});

test("what a passkey has answered is worth nothing a second time, in this browser or another", async () => {
  const { user, page, context } = await newMember();
  await signOut({ page });
  await page.goto("/sign-in");
  const sending = formSentTo(page, "/sign-in/passkey");
  await page.getByRole("button", { name: "Use a passkey" }).click();
  const body = (await sending).postData() ?? "";
  await page.waitForURL("**/account");
  expect(new URLSearchParams(body).get("credential")).toContain('"authenticatorData"');

  const headers = {
    "content-type": "application/x-www-form-urlencoded",
    origin: scene.url,
    accept: "text/html",
  };
  const again = await context.request.post("/sign-in/passkey", { data: body, headers, maxRedirects: 0 });
  expect([again.status(), await again.text()]).toEqual([
    403,
    expect.stringContaining("its answer came too late"),
  ]);

  // In another browser, with a form of its own, the answer is to nobody's question.
  const thief = await scene.newVisitor();
  await thief.page.goto("/sign-in");
  const token = await thief.page.locator('form[action="/sign-in/passkey"] [name=form_token]').inputValue();
  const stolen = new URLSearchParams(body);
  stolen.set("form_token", token);
  const answer = await thief.context.request.post("/sign-in/passkey", {
    data: stolen.toString(),
    headers,
    maxRedirects: 0,
  });
  expect(answer.status()).toBe(403);
  expect(await scene.house.sessions.list(user.id)).toHaveLength(1);
});

test("an answer that was altered in any part is refused", async () => {
  const { user, page, context } = await newMember();
  await signOut({ page });
  await page.goto("/sign-in");
  // Kept back: its challenge stays unanswered.
  await page.route("**/sign-in/passkey", (route) => route.abort());
  const sending = formSentTo(page, "/sign-in/passkey");
  await page.getByRole("button", { name: "Use a passkey" }).click();
  const sent = new URLSearchParams((await sending).postData() ?? "");
  const credential = JSON.parse(sent.get("credential") ?? "") as {
    id: string;
    rawId: string;
    response: Record<"clientDataJSON" | "authenticatorData" | "signature" | "userHandle", string>;
  };
  const clientData = JSON.parse(
    Buffer.from(credential.response.clientDataJSON, "base64url").toString(),
  ) as object;
  const withClientData = (change: object) =>
    Buffer.from(JSON.stringify({ ...clientData, ...change })).toString("base64url");
  const { response } = credential;
  const changes: [string, object][] = [
    ["no JSON", {}],
    ["another origin", { clientDataJSON: withClientData({ origin: "https://evil.example" }) }],
    ["another kind of answer", { clientDataJSON: withClientData({ type: "webauthn.create" }) }],
    ["another challenge", { clientDataJSON: withClientData({ challenge: "AAAA" }) }],
    ["a challenge that is none", { clientDataJSON: withClientData({ challenge: 7 }) }],
    ["another person", { userHandle: Buffer.from(`usr_${"0".repeat(32)}`).toString("base64url") }],
    ["nobody", { userHandle: undefined }],
    ["another signature", { signature: flipped(response.signature, 10) }],
    // The flags: user present, user verified.
    ["other flags", { authenticatorData: flipped(response.authenticatorData, 32) }],
    ["another site", { authenticatorData: flipped(response.authenticatorData, 0) }],
  ];
  const headers = {
    "content-type": "application/x-www-form-urlencoded",
    origin: scene.url,
    accept: "text/html",
  };
  const post = (answer: string) => {
    const body = new URLSearchParams(sent);
    body.set("credential", answer);
    return context.request.post("/sign-in/passkey", { data: body.toString(), headers, maxRedirects: 0 });
  };
  for (const [what, change] of changes) {
    const answer = JSON.stringify({ ...credential, response: { ...response, ...change } });
    expect([what, (await post(what === "no JSON" ? "{" : answer)).status()]).toEqual([what, 403]);
  }
  const unknown = flipped(credential.id, 0);
  expect((await post(JSON.stringify({ ...credential, id: unknown, rawId: unknown }))).status()).toBe(403);
  expect(await scene.house.sessions.list(user.id)).toEqual([]);
  // As it was it is good, so it was the change each time.
  expect((await post(JSON.stringify(credential))).status()).toBe(303);
});

test("a customer's passkey does not open the company's door", async () => {
  const { page, user } = await newMember("customers");
  await signOut({ page });
  await page.goto("/sign-in");
  await page.getByRole("button", { name: "Use a passkey" }).click();
  await page.getByText("This account is a customer's. Sign in with an account of the company.").waitFor();
  expect(await scene.house.sessions.list(user.id)).toEqual([]);
  await page.goto(scene.house.signIn.signInPath("/account", { directory: "customers" }));
  await page.getByRole("button", { name: "Use a passkey" }).click();
  await page.waitForURL("**/account");
});

test("a suspended person's passkey says so; one that was removed opens nothing", async () => {
  const { page, user } = await newMember();
  await scene.house.people.change(user.id, { status: "suspended" }, { by: "owner" });
  await page.goto("/sign-in");
  await page.getByRole("button", { name: "Use a passkey" }).click();
  await page.getByText("This account is suspended").waitFor();
  await scene.house.people.change(user.id, { status: "active" }, { by: "owner" });

  // A new link, on another device: the first one's passkey is gone.
  const other = await scene.newVisitor();
  await comeIn(other, await linkFor(user.id));
  await page.goto("/sign-in");
  await page.getByRole("button", { name: "Use a passkey" }).click();
  await page.getByText("This passkey does not open an account here").waitFor();
  await other.page.goto("/account");
  await other.page.getByRole("link", { name: /^Change Chrome/ }).click();
  await other.page.getByRole("button", { name: "Remove this passkey" }).click();
  expect(await asWords(other)).toContain("This is your only way to sign in. Add another one first.");
});

function flipped(text: string, at: number): string {
  const bytes = Buffer.from(text, "base64url");
  bytes[at] = (bytes[at] ?? 0) ^ 4;
  return bytes.toString("base64url");
}
