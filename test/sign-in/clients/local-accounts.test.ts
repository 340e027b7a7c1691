/** People with accounts of the house: from an admin's invitation to an application that works, in a real browser. */
import { codeAt } from "@castellan/sign-in/testing";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { addDevice } from "../scene.ts";
import { startCallback } from "./callback.ts";
import { defectsOf, startCompany, type Company } from "./company.ts";
import { App, sdks, type Sdk } from "./sdk-app.ts";
import type { Visitor } from "./visitor.ts";

const sdk = sdks.at(-1) as Sdk;

let company: Company;

beforeAll(async () => {
  company = await startCompany({ hasProvider: false });
});
afterAll(async () => {
  expect(defectsOf(company)).toEqual([]);
  await company[Symbol.asyncDispose]();
});

test("a password and the codes of an app, and later in another browser", async () => {
  const { page, problems } = await company.newVisitor();
  await page.goto(await invite("grace@example.com", "Grace Hopper"));
  await page.getByText("With a password and codes from an app instead").click();
  await page.getByText("Enter the key by hand").click();
  const key = fromBase32(await page.locator("code").first().innerText());
  await page.getByLabel("New password").fill("vier Tassen Tee am Morgen");
  await page.getByRole("textbox", { name: "Code" }).fill(codeAt(key, Date.now()));
  await page.getByRole("button", { name: "Set the password" }).click();
  await page.waitForURL("**/account");

  const elsewhere = await company.newVisitor();
  await expectToWork(elsewhere, "Grace Hopper (grace@example.com)", async (form) => {
    await form.getByLabel("E-mail").fill("grace@example.com");
    await form.getByLabel("Password").fill("vier Tassen Tee am Morgen");
    // A code is good once, and the one of this moment was used when the account was made.
    await form.getByRole("textbox", { name: "Code" }).fill(codeAt(key, Date.now() + 30_000));
    await form.getByRole("button", { name: "Sign in", exact: true }).click();
  });
  expect([...problems, ...elsewhere.problems]).toEqual([]);
});

test("a passkey", async () => {
  const visitor = await company.newVisitor();
  const { context, page, problems } = visitor;
  await addDevice(await context.newCDPSession(page));
  await page.goto(await invite("ada@example.com", "Ada"));
  await page.getByRole("button", { name: "Make a passkey" }).click();
  await page.waitForURL("**/account");
  await page.getByRole("button", { name: "Sign out of this browser" }).click();
  await page.getByRole("heading", { name: "You are signed out" }).waitFor();

  await expectToWork(visitor, "Ada (ada@example.com)", (form) =>
    form.getByRole("button", { name: "Use a passkey" }).click(),
  );
  expect(problems).toEqual([]);
});

/** The one-time link of somebody whom an admin adds. */
async function invite(email: string, name: string): Promise<string> {
  const { api } = company.house;
  const { id } = await api<{ id: string }>("POST", "/users", { email, name, groups: ["engineering"] });
  return (await api<{ url: string }>("POST", `/users/${id}/invitations`, {})).url;
}

/** Connects an application, signs in where the browser is asked to, and calls. */
async function expectToWork(
  visitor: Visitor,
  who: string,
  signIn: (page: Page) => Promise<void>,
): Promise<void> {
  await using callback = await startCallback();
  await using app = new App(sdk, company.portal, { name: "Desk", redirectUri: callback.url });
  const signedIn: string[] = [];
  const decided = await app.connect((url) =>
    visitor.decide(url, {
      signIn: async (page) => {
        signedIn.push(page.url());
        await signIn(page);
      },
    }),
  );
  expect(signedIn).toHaveLength(1);
  expect(decided?.words.split("\n")[1]).toBe(`You are signed in as ${who}. Not you?`);
  const listed = await app.client.callTool({ name: "okrs_list_objectives", arguments: {} });
  expect(listed).toMatchObject({ structuredContent: { total: 0 } });
}

function fromBase32(text: string): Buffer {
  const bits = [...text.replaceAll(" ", "")]
    .map((letter) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0"))
    .join("");
  return Buffer.from(bits.match(/.{8}/g)?.map((byte) => Number.parseInt(byte, 2)) ?? []);
}
