/** `castellan login` at a house that lets no client register: the command line is known to it from the beginning. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { sql } from "@castellan/database";
import { isFault } from "@castellan/kernel";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { login } from "../../apps/server/src/cli/commands/login.ts";
import type { Terminal } from "../../apps/server/src/cli/terminal.ts";
import {
  makeFolder,
  runCastellan,
  startCastellan,
  type Run,
  type TestFolder,
} from "../../apps/server/src/cli/testing/command.ts";
import { startChromium } from "../harness/chromium.ts";
import { startTestHouse, type TestHouse } from "../harness/house.ts";
import { HttpBrowser, type Shown } from "./http-browser.ts";
import { addPerson, signIn } from "./people.ts";

let house: TestHouse;
let folder: TestFolder;
let browser: HttpBrowser;

beforeAll(async () => {
  house = await startTestHouse({ env: { CASTELLAN_CLIENT_REGISTRATION: "off" } });
  const ada = await addPerson(house, { name: "Ada" });
  browser = new HttpBrowser(house.url);
  await signIn(browser, await browser.open("/account"), ada);
});
afterAll(() => house[Symbol.asyncDispose]());

beforeEach(async () => {
  folder = await makeFolder();
});
afterEach(() => folder[Symbol.asyncDispose]());

const loginsFile = () => join(folder.path, ".config/castellan/logins.json");
const env = () => ({ HOME: folder.path });
const run = (...args: string[]): Promise<Run> => runCastellan(args, { cwd: folder.path, env: env() });
const json = async (...args: string[]): Promise<unknown> => {
  const { code, stdout, stderr } = await run(...args, "--json");
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
};
const kept = async () =>
  JSON.parse(await readFile(loginsFile(), "utf8")) as {
    current?: string;
    logins: { url: string; refreshToken: string; accessToken: string; expiresAtMs: number }[];
  };
const livingGrants = () => house.api<{ items: object[] }>("GET", "/grants?client=castellan-cli");

/** Runs the command, and does in the browser what `decide` does with the page that its address leads to. */
async function logIn(
  decide: (page: Shown) => Promise<Shown> = (page) => browser.send(page.forms[0], { decision: "allow" }),
  args: readonly string[] = [],
): Promise<Run & { page: string }> {
  const child = startCastellan(["login", "--no-browser", ...args], {
    cwd: folder.path,
    env: { ...env(), CASTELLAN_URL: house.url },
  });
  const stdout = text(child.stdout);
  const exit = once(child, "exit");
  const lines: string[] = [];
  const address = Promise.withResolvers<string>();
  createInterface({ input: child.stderr }).on("line", (line) => {
    lines.push(line);
    if (line.startsWith("  http")) address.resolve(line.trim());
  });
  const back = await decide(await browser.open(await address.promise));
  const strayed = await fetch(new URL("/callback?code=evil&state=evil", back.url));
  expect(strayed.status).toBe(404);
  const page = await (await fetch(back.url)).text();
  const [code] = (await exit) as [number | null];
  return { code, stdout: await stdout, stderr: lines.join("\n"), page };
}

test("a person signs in with the browser, and commands act as them until they sign out", async () => {
  const done = await logIn((page) => {
    expect(page.text).toMatch(/^Let Castellan command line use Castellan itself\?\n/);
    expect(page.text).toContain("It comes with Castellan.");
    return browser.send(page.forms[0], { decision: "allow" });
  });
  expect([done.code, done.stdout]).toEqual([
    0,
    `Signed in at ${house.url} as Ada (ada@example.com), member\n`,
  ]);
  expect(done.page).toContain("You can close this page, and go on in the terminal.");
  expect((await stat(loginsFile())).mode & 0o777).toBe(0o600);
  expect((await livingGrants()).items).toMatchObject([
    { clientName: "Castellan command line", scopes: ["api"] },
  ]);

  expect(await json("whoami")).toMatchObject({ kind: "user", email: "ada@example.com", scopes: ["api"] });
  const shown = await run("whoami");
  expect(shown.stdout).toBe(`Person      Ada (ada@example.com)
Role        member (may use)
Directory   workforce
Scopes      api
Server      ${house.url}
Known from  ${loginsFile()}
`);
  expect((await run("token", "list")).stderr).toMatch(
    /\(permission_required\)\n {2}`castellan whoami` says who you are/,
  );
  const alias = house.url.replace("127.0.0.1", "localhost");
  expect(await json("whoami", "--url", alias)).toMatchObject({ email: "ada@example.com" });

  expect(await run("logout")).toEqual({ code: 0, stdout: `Signed out at ${house.url}\n`, stderr: "" });
  expect([(await livingGrants()).items, (await kept()).logins]).toEqual([[], []]);
  expect((await run("whoami")).stderr).toContain("(access_unknown)");
  expect((await run("logout")).stdout).toBe("Nobody is signed in\n");
});

test("signing in anew ends what was before, and nothing is left of it at the server", async () => {
  await logIn();
  const [first] = (await kept()).logins;
  const second = await logIn(undefined, ["--json"]);
  expect(JSON.parse(second.stdout)).toMatchObject({ url: house.url, email: "ada@example.com" });
  expect([(await livingGrants()).items.length, (await kept()).logins.length]).toEqual([1, 1]);
  expect((await kept()).logins[0]?.refreshToken).not.toBe(first?.refreshToken);
  expect((await run("logout")).code).toBe(0);
});

test("of many commands at once that find the token run out, one replaces it for all", async () => {
  await logIn();
  const before = await kept();
  const [old] = before.logins;
  const expired = before.logins.map((one) => ({ ...one, expiresAtMs: Date.now() }));
  await writeFile(loginsFile(), JSON.stringify({ ...before, logins: expired }));
  const all = await Promise.all(Array.from({ length: 5 }, () => json("whoami")));
  expect(all.map((me) => (me as { email: string }).email)).toEqual(Array(5).fill("ada@example.com"));
  const [fresh] = (await kept()).logins;
  expect([fresh?.refreshToken === old?.refreshToken, fresh?.accessToken === old?.accessToken]).toEqual([
    false,
    false,
  ]);
  const [rotated] = await house.database.query<{ count: number }>(sql`
    select count(*)::int as count from refresh_tokens r join grants g on g.id = r.grant_id
    where g.client_id = 'castellan-cli' and g.ended_at is null`);
  expect(rotated?.count).toBe(2);
  expect((await run("logout")).code).toBe(0);
});

test("what ends at the server is over here, and commands go nowhere else instead", async () => {
  await logIn();
  const { items } = await house.api<{ items: { id: string }[] }>("GET", "/grants?client=castellan-cli");
  for (const { id } of items) await house.api("DELETE", `/grants/${id}`);
  const before = await kept();
  await writeFile(
    loginsFile(),
    JSON.stringify({ ...before, logins: before.logins.map((one) => ({ ...one, expiresAtMs: 0 })) }),
  );
  expect(await run("whoami")).toEqual({
    code: 1,
    stdout: "",
    stderr: `castellan: The sign-in at ${house.url} is over (login_over)\n  \`castellan login\` signs you in again.\n`,
  });
  const doctor = await run("doctor");
  expect(doctor.stdout).toMatch(/Token +The sign-in at .* is over \(login_over\)/);
  expect((await logIn()).code).toBe(0);
  expect((await run("logout")).code).toBe(0);
});

test("whoever does not let it in is told so, and nothing is kept", async () => {
  const refused = await logIn((page) => browser.send(page.forms[0], { decision: "deny" }));
  expect([refused.code, refused.stdout, refused.stderr.split("\n").at(-1)]).toEqual([
    1,
    "",
    "castellan: The command line was not let in (login_refused)",
  ]);
  expect(refused.page).toContain("The command line was not let in.");
  await expect(stat(loginsFile())).rejects.toMatchObject({ code: "ENOENT" });
});

test("a real browser is let back to the command line by the page's own rules", async () => {
  const bo = await addPerson(house, { name: "Bo" });
  await using chromium = await startChromium();
  const page = await chromium.browser.newPage();
  const problems: string[] = [];
  page.on("console", (message) => problems.push(message.text()));
  page.on("pageerror", (error) => problems.push(String(error)));
  const child = startCastellan(["login", "--no-browser", "--url", house.url], {
    cwd: folder.path,
    env: env(),
  });
  const [stdout, exit] = [text(child.stdout), once(child, "exit")];
  for await (const line of createInterface({ input: child.stderr })) {
    if (!line.startsWith("  http")) continue;
    await page.goto(line.trim());
    await page.fill("input[name=email]", bo.email);
    await page.fill("input[name=password]", bo.password);
    await page.fill("input[name=code]", bo.codeAt(Date.now() + 30_000));
    await page.click("form[action='/sign-in/password'] button");
    await page.click("button[value=allow]");
    await page.waitForURL(/^http:\/\/127\.0\.0\.1:\d+\/callback\?/);
    expect(await page.textContent("p")).toBe("You can close this page, and go on in the terminal.");
  }
  expect([await exit, await stdout, problems]).toEqual([
    [0, null],
    `Signed in at ${house.url} as Bo (bo@example.com), member\n`,
    [],
  ]);
  expect((await run("logout")).code).toBe(0);
});

/** In this process, with a browser on another computer: what it is sent back to is pasted. */
async function logInAfar(answer: (back: URL) => string): Promise<string[]> {
  const notes: string[] = [];
  const printed: string[] = [];
  const terminal = {
    env: { CASTELLAN_URL: house.url },
    cwd: folder.path,
    home: folder.path,
    uid: process.getuid?.(),
    isInteractive: true,
    now: Date.now,
    print: (line: string) => printed.push(line),
    note: (line: string) => notes.push(line),
    openBrowser: () => Promise.resolve(false),
    ask: async () => {
      const page = await browser.open(notes.at(-1)?.trim() ?? "");
      return answer((await browser.send(page.forms[0], { decision: "allow" })).url);
    },
  } as unknown as Terminal;
  await login({}, terminal);
  return printed;
}

test("from another computer, the address is pasted", async () => {
  expect(await logInAfar(({ href }) => ` ${href}\r`)).toEqual([
    `Signed in at ${house.url} as Ada (ada@example.com), member`,
  ]);
  expect((await run("logout")).code).toBe(0);
});

test.each([
  ["nothing", () => ""],
  ["the answer to another attempt", ({ href }: URL) => href.replace(/state=[^&]+/, "state=other")],
])("pasted %s is refused", async (_, answer) => {
  const outcome = await logInAfar(answer).catch((error: unknown) => error);
  expect(isFault(outcome, "login_refused")).toBe(true);
});

test("of a server that says it is another, or sends people elsewhere to sign in, nothing is believed", async () => {
  let told = {};
  await using server = createServer((_, response) => response.end(JSON.stringify(told))).listen(
    0,
    "127.0.0.1",
  );
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const attempt = async (resource: string, issuer: string) => {
    told = { resource, authorization_servers: [issuer] };
    return (await run("login", "--no-browser", "--url", url)).stderr;
  };
  expect(await attempt(`${house.url}/api/v1`, `${house.url}/oauth`)).toContain(
    `The server at ${url} says that it is at ${house.url}/api/v1: use that --url (server_answer_invalid)`,
  );
  expect(await attempt(`${url}/api/v1`, `${house.url}/oauth`)).toContain(
    `The server at ${url} would have people sign in at ${house.url}/oauth (server_answer_invalid)`,
  );
  expect((await run("login", "--url", "http://castellan.example")).stderr).toContain("(usage_invalid)");
});
