/** People whom an admin adds: each makes an account of their own through their one-time link, and signs in with it. */
import { codeAt } from "@castellan/sign-in/testing";
import type { TestHouse } from "../harness/house.ts";
import { HttpBrowser, type Shown } from "./http-browser.ts";

export interface Person {
  readonly id: string;
  readonly email: string;
  readonly password: string;
  /** What an authenticator app shows at a moment. */
  codeAt(nowMs: number): string;
}

const password = "seven quiet tortoises";
const codeStepMs = 30_000;

/** Adds somebody to groups that are there, and has them follow their link. */
export async function addPerson(
  { url, api }: Pick<TestHouse, "url" | "api">,
  { name, groups = [] }: { name: string; groups?: readonly string[] },
): Promise<Person> {
  const email = `${name.toLowerCase()}@example.com`;
  const { id } = await api<{ id: string }>("POST", "/users", { email, name, groups });
  const link = await api<{ url: string }>("POST", `/users/${id}/invitations`, {});
  return { id, ...(await makeAccount(new HttpBrowser(url), link.url, email)) };
}

/** What somebody does who was given a one-time link: they choose a password and scan the code. They are signed in then. */
export async function makeAccount(
  browser: HttpBrowser,
  link: string,
  email: string,
): Promise<Omit<Person, "id">> {
  const page = await browser.open(link);
  const secret = totpSecretOn(page);
  const form = page.forms.find(({ action }) => action.endsWith("/password"));
  const done = await browser.send(form, { password, code: codeAt(secret, Date.now()) });
  if (done.url.pathname !== "/account") throw new Error(`${email} has no account: ${done.text}`);
  return { email, password, codeAt: (nowMs) => codeAt(secret, nowMs) };
}

/** Fills in the sign-in page; what they are shown then. */
export function signIn(browser: HttpBrowser, page: Shown, person: Person): Promise<Shown> {
  const form = page.forms.find(({ action }) => action === "/sign-in/password");
  // A code is good once, and the one of this moment was used when the account was made.
  const code = person.codeAt(Date.now() + codeStepMs);
  return browser.send(form, { email: person.email, password: person.password, code });
}

/** The key that stands beside the QR code (base32, RFC 4648 §6). */
function totpSecretOn({ html }: Shown): Buffer {
  const key = /<code>([A-Z2-7 ]+)<\/code>/.exec(html)?.[1]?.replaceAll(" ", "");
  if (key === undefined) throw new Error("The page shows no key");
  const bits = [...key].map((letter) => alphabet.indexOf(letter).toString(2).padStart(5, "0")).join("");
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
}

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
