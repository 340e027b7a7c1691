/** The page on which a person lets a client in, in a real browser: only that holds a page to its policy, cookies and forms. */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { pageGrants, type User } from "@castellan/access";
import {
  authorizePath,
  createPkce,
  createTestOAuth,
  signInCookie,
  type Pkce,
  type TestOAuth,
} from "@castellan/oauth/testing";
import { startHttpServer } from "@castellan/web";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startChromium, type Chromium } from "../harness/chromium.ts";
import { freePort } from "../heavy/process/tcp.ts";

const opened = new AsyncDisposableStack();
let publicUrl: string;
let house: TestOAuth;
let ada: User;
let chromium: Chromium;

beforeAll(async () => {
  publicUrl = `http://127.0.0.1:${await freePort()}`;
  house = opened.use(await createTestOAuth({ publicUrl }));
  const app = house.replicas[0]?.app;
  if (app === undefined) throw new Error("There is no replica");
  const { hostname, port } = new URL(publicUrl);
  opened.use(
    await startHttpServer({
      host: hostname,
      port: Number(port),
      app,
      onError: (error) => house.errors.push(error),
    }),
  );
  ada = await house.addPerson("ada@example.com", { name: "Ada" });
  chromium = opened.use(await startChromium());
});
afterAll(async () => {
  await opened.disposeAsync();
  expect(house.errors).toEqual([]);
});

test("a person reads the page, changes a tick, and Chromium brings the code to the client", async () => {
  await using client = await startClient();
  const { page, told } = await aPage();
  const { pkce } = await arrive(page, client, { scope: "goals:read goals:write" });
  // The page's own style is obeyed, so its hash is right.
  expect(await page.evaluate('getComputedStyle(document.querySelector("main")).borderTopLeftRadius')).toBe(
    "16px",
  );
  await page.getByLabel("Create and change things").uncheck();
  await page.getByText("More that you could allow").click();
  await page.getByRole("group", { name: "Files" }).getByLabel("Look things up").check();
  await page.getByRole("button", { name: "Allow", exact: true }).click();
  await page.waitForURL(`${client.url}/callback?**`);
  expect(await page.textContent("body")).toBe("You can close this window.");
  const answer = new URL(page.url()).searchParams;
  expect([answer.get("state"), answer.get("iss")]).toEqual(["st", `${publicUrl}/oauth`]);
  expect(await redeem(client, pkce, answer.get("code") ?? "")).toMatchObject({
    token_type: "Bearer",
    scope: "portal:okrs goals:read files:read",
  });
  expect(told).toEqual([]);
});

test("the page can be used by keyboard alone, and a no is brought to the client as well", async () => {
  await using client = await startClient();
  const { page } = await aPage();
  await arrive(page, client, { scope: "goals:read" });
  const stops: string[] = [];
  do {
    await page.keyboard.press("Tab");
    stops.push(await page.evaluate<string>(focused));
  } while (stops.at(-1)?.trim() !== "Do not allow" && stops.length < 20);
  expect(stops.map((stop) => stop.replaceAll(/\s+/g, " ").trim())).toEqual([
    "Not you?",
    "Look things up 2 tools",
    "More that you could allow",
    "your account",
    "Allow",
    "Do not allow",
  ]);
  await page.keyboard.press("Enter");
  await page.waitForURL(`${client.url}/callback?**`);
  expect(new URL(page.url()).searchParams.get("error")).toBe("access_denied");
});

test("a client may send the browser on from its redirect URI", async () => {
  await using client = await startClient({ sendsOnTo: "/done" });
  const { page } = await aPage();
  await arrive(page, client, { scope: "goals:read" });
  await page.getByRole("button", { name: "Allow", exact: true }).click();
  await page.waitForURL(`${client.url}/done`);
});

test("the page is shown in no frame, and another site's form decides nothing", async () => {
  await using client = await startClient();
  const { page, told } = await aPage();
  await arrive(page, client, { scope: "goals:read" });
  const before = await pageGrants(house.database, { limit: 100 });
  const action = page.url();

  // A neighbour on the same machine is another site to the browser by its name, and to our cookies by its origin.
  for (const attacker of [client.url, client.url.replace("127.0.0.1", "localhost")]) {
    client.show(`<iframe src="${action}"></iframe>`);
    await page.goto(`${attacker}/evil`);
    const frame = page.frames().find((one) => one !== page.mainFrame());
    await frame?.waitForLoadState();
    expect(frame?.url()).toBe("chrome-error://chromewebdata/");

    client.show(
      `<form method="post" action="${action}"><input name="decision" value="allow"><input name="use" value="goals:read"></form><script>document.forms[0].submit()</script>`,
    );
    const [answer] = await Promise.all([
      page.waitForResponse((response) => response.request().method() === "POST"),
      page.goto(`${attacker}/evil`),
    ]);
    expect([answer.url(), answer.status()]).toEqual([action, 403]);
  }
  expect(await pageGrants(house.database, { limit: 100 })).toEqual(before);
  expect(told.filter((text) => /frame-ancestors|X-Frame-Options/.test(text))).toHaveLength(2);
});

test("a client's words run nothing and are read by people as what they are", async () => {
  await using client = await startClient({ name: `<img src=x onerror="alert(1)"><script>alert(2)</script>` });
  const { page, told } = await aPage();
  page.on("dialog", (dialog) => {
    told.push(`dialog ${dialog.message()}`);
    void dialog.dismiss();
  });
  await arrive(page, client, { scope: "goals:read", state: `"><script>alert(3)</script>` });
  expect(await page.locator("h1").textContent()).toBe(
    `Let <img src=x onerror="alert(1)"><script>alert(2)</script> use OKRS?`,
  );
  await page.getByRole("button", { name: "Allow", exact: true }).click();
  await page.waitForURL(`${client.url}/callback?**`);
  expect(told).toEqual([]);
});

/** In the page: the text of what a key would act on. */
const focused = 'document.activeElement?.closest("label, a, button, summary")?.textContent ?? ""';

/** A tab of a browser of its own, in which Ada is signed in; and what the browser complained about. */
async function aPage(): Promise<{ page: Page; told: string[] }> {
  const context = await chromium.browser.newContext();
  const { secret } = await house.sessions.begin({
    user: ada,
    provider: "local",
    amr: ["hwk"],
    address: "127.0.0.1",
    userAgent: "Chromium",
    lifetimeMs: 3_600_000,
  });
  await context.addCookies([
    { name: signInCookie, value: secret, url: publicUrl, httpOnly: true, sameSite: "Lax" },
  ]);
  const page = await context.newPage();
  const told: string[] = [];
  page.on("console", (message) => told.push(message.text()));
  page.on("pageerror", (error) => told.push(error.message));
  return { page, told };
}

interface TestClient extends AsyncDisposable {
  readonly id: string;
  readonly url: string;
  /** What it serves at `/evil` from now on. */
  show(html: string): void;
}

/** A client on this computer, which registers itself and listens for the answer. */
async function startClient(options: { name?: string; sendsOnTo?: string } = {}): Promise<TestClient> {
  let shown = "";
  const server: Server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://client");
    if (pathname === "/callback" && options.sendsOnTo !== undefined)
      return void response.writeHead(302, { location: options.sendsOnTo }).end();
    response.writeHead(200, { "content-type": "text/html" });
    response.end(
      pathname === "/evil" ? shown : `<link rel="icon" href="data:,"><body>You can close this window.`,
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const answer = await fetch(`${publicUrl}/oauth/register`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      client_name: options.name ?? "Editor",
      redirect_uris: [`${url}/callback`],
      token_endpoint_auth_method: "none",
    }),
  });
  const { client_id: id } = (await answer.json()) as { client_id: string };
  return {
    id,
    url,
    show: (html) => {
      shown = html;
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** Opens the page by way of the client. */
async function arrive(
  page: Page,
  client: TestClient,
  more: Readonly<Record<string, string>>,
): Promise<{ pkce: Pkce }> {
  const pkce = createPkce();
  const path = authorizePath(client.id, pkce, {
    redirect_uri: `${client.url}/callback`,
    resource: `${publicUrl}/p/okrs/mcp`,
    ...more,
  });
  await page.goto(publicUrl + path);
  await page.getByRole("button", { name: "Allow", exact: true }).waitFor();
  return { pkce };
}

async function redeem(client: TestClient, { verifier }: Pkce, code: string): Promise<unknown> {
  const answer = await fetch(`${publicUrl}/oauth/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "authorization_code",
      client_id: client.id,
      redirect_uri: `${client.url}/callback`,
      code_verifier: verifier,
      code,
    }),
  });
  return answer.json();
}
