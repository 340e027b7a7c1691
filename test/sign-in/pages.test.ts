/** The pages as a browser shows them: by keyboard, on a phone, without a script where none is needed. */
import { createInvitation, welcomePath } from "@castellan/sign-in";
import { codeAt } from "@castellan/sign-in/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createScene, type Scene } from "./scene.ts";

let scene: Scene;

beforeAll(async () => {
  scene = await createScene();
});
afterAll(async () => {
  expect(scene.house.errors).toEqual([]);
  await scene[Symbol.asyncDispose]();
});

test("by keyboard alone, without JavaScript: sign in with password and code, and out again", async () => {
  const { user, password, totpSecret } = await scene.house.newPerson();
  const { page } = await scene.newVisitor({ javaScriptEnabled: false });
  await page.goto("/account");
  expect(new URL(page.url()).pathname).toBe("/sign-in");
  await page.getByLabel("E-mail").focus();
  await page.keyboard.type(user.email);
  await page.keyboard.press("Tab");
  await page.keyboard.type(password);
  await page.keyboard.press("Tab");
  await page.keyboard.type(codeAt(totpSecret, Date.now()));
  await page.keyboard.press("Enter");
  await page.waitForURL("**/account");
  await page.getByRole("button", { name: "Sign out of this browser" }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "You are signed out" }).waitFor();
});

test("a password and the codes of an app, from the link to the next time, with a wrong step in between", async () => {
  const user = await scene.house.people.add(
    { directory: "workforce", email: "ada@example.com", name: "Ada" },
    { by: "owner" },
  );
  const { secret } = await createInvitation(scene.house.database, {
    userId: user.id,
    createdBy: "test",
    nowMs: Date.now(),
  });
  const { page, problems } = await scene.newVisitor();
  await page.goto(welcomePath(secret));
  await page.getByText("With a password and codes from an app instead").click();
  await page.getByLabel("New password").fill("Password1234");
  const code = page.getByRole("textbox", { name: "Code" });
  await code.fill("123 456");
  await page.getByRole("button", { name: "Set the password" }).click();
  await page.getByText("The password is one that others guess first.").waitFor();
  await page.getByText("Enter the key by hand").click();
  const key = await page.locator("code").first().innerText();
  await page.getByLabel("New password").fill("vier Tassen Tee am Morgen");
  await code.fill(codeAt(fromBase32(key), Date.now()));
  await page.getByRole("button", { name: "Set the password" }).click();
  await page.waitForURL("**/account");
  expect(problems).toEqual([]);
});

test.each([
  ["light", 375],
  ["dark", 375],
  ["light", 1280],
] as const)("%s, %i wide: nothing is cut off, and every field has its name", async (colorScheme, width) => {
  const person = await scene.house.newPerson({ name: "Augusta Ada King, Countess of Lovelace" });
  const { page, problems } = await scene.newVisitor({ colorScheme, viewport: { width, height: 700 } });
  const { secret } = await createInvitation(scene.house.database, {
    userId: person.user.id,
    createdBy: "test",
    nowMs: Date.now(),
  });
  await page.goto("/sign-in");
  await page.getByLabel("E-mail").fill(person.user.email);
  await page.getByLabel("Password").fill(person.password);
  await page.getByRole("textbox", { name: "Code" }).fill(codeAt(person.totpSecret, Date.now()));
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.waitForURL("**/account");
  const paths = ["/account", "/sign-in?again=1", "/account/password", "/account/new-passkey", "/sign-out"];
  for (const path of [...paths, welcomePath(secret), "/welcome/none"]) {
    await page.goto(path);
    const shown = await page.evaluate(`({
      overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
      headings: document.querySelectorAll("h1").length,
      unnamed: [...document.querySelectorAll("input:not([type=hidden]):not([aria-hidden])")].filter(({ labels }) => !labels.length).length,
      small: [...document.querySelectorAll("input:not([type=hidden], [aria-hidden]), button, p.buttons a")].filter((one) => parseFloat(getComputedStyle(one).fontSize) < 16).length,
    })`);
    expect([path, shown]).toEqual([path, { overflow: 0, headings: 1, unnamed: 0, small: 0 }]);
  }
  expect(problems).toEqual([]);
});

function fromBase32(text: string): Buffer {
  const bits = [...text.replaceAll(" ", "")]
    .map((letter) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0"))
    .join("");
  return Buffer.from(bits.match(/.{8}/g)?.map((byte) => Number.parseInt(byte, 2)) ?? []);
}
