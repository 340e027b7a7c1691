/** People who make their accounts by the link that an admin gives them, and sign in with password and code. */
import { codeAt } from "@castellan/sign-in/testing";
import type { MeasuredCastellan } from "../load/castellan.ts";
import { Browser } from "./browser.ts";

export interface Person {
  /** Signed in. */
  readonly browser: Browser;
  readonly email: string;
  readonly totpSecret: Uint8Array;
}

const password = "seven quiet tortoises";
/** How long a code is shown (RFC 6238 §5.2). */
const stepMs = 30_000;

export async function addPerson(
  castellan: Pick<MeasuredCastellan, "url" | "api">,
  email: string,
  role: "member" | "admin" = "member",
): Promise<Person> {
  const { id } = await castellan.api("POST", "/users", { email, name: email, role });
  const { url } = await castellan.api("POST", `/users/${String(id)}/invitations`, {});
  const browser = new Browser(castellan.url);
  const page = await browser.open(String(url));
  const totpSecret = secretOn(page.html);
  await browser.send(page, "/password", { password, code: codeAt(totpSecret, Date.now()) });
  return { browser, email, totpSecret };
}

/** With another browser; resolves to how long the house took for the form, milliseconds. */
export async function timeSignIn(castellan: MeasuredCastellan, person: Person): Promise<number> {
  const browser = new Browser(castellan.url);
  const page = await browser.open("/sign-in");
  // A code is good once, and the one of this moment may have been used for the account.
  const code = codeAt(person.totpSecret, Date.now() + stepMs);
  const startedMs = performance.now();
  const { url } = await browser.send(page, "/sign-in/password", { email: person.email, password, code });
  if (url.pathname !== "/account") throw new Error(`${person.email} is not signed in, but at ${url.href}`);
  return performance.now() - startedMs;
}

/** What stands beside the QR code (base32, RFC 4648 §6). */
function secretOn(html: string): Uint8Array {
  const key = /<code>([A-Z2-7 ]+)<\/code>/.exec(html)?.[1]?.replaceAll(" ", "");
  if (key === undefined) throw new Error("The page shows no key");
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...key].map((letter) => alphabet.indexOf(letter).toString(2).padStart(5, "0")).join("");
  return Uint8Array.from(bits.match(/.{8}/g) ?? [], (byte) => Number.parseInt(byte, 2));
}
