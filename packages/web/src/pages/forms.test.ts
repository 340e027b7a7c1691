import { createHmac } from "node:crypto";
import { createManualClock } from "@castellan/kernel";
import { Hono } from "hono";
import { expect, test } from "vitest";
import { createCookies } from "./cookies.ts";
import { createForms } from "./forms.ts";
import { page } from "./page.ts";
import { html } from "./html.ts";
import { createWebApp } from "../inbound/web-app.ts";

const publicUrl = "https://mcp.example.com";
const mac = (purpose: string, data: string) =>
  createHmac("sha256", "key").update(`${purpose} ${data}`).digest();

/** An app with a form for each purpose at `/{purpose}`, which answers what it read. */
function start() {
  const clock = createManualClock();
  const cookies = createCookies(publicUrl);
  const forms = createForms({ cookies, publicUrl, clock, mac });
  const app = createWebApp({
    publicUrl,
    clock,
    onError: () => {},
    allowedOrigins: ["https://other.example"],
  });
  app.get("/twice", (c) =>
    page(c, { title: "x", body: html`${forms.field(c, "twice")}${forms.field(c, "twice")}` }),
  );
  app.get("/:purpose", (c) => page(c, { title: "x", body: forms.field(c, c.req.param("purpose")) }));
  app.post("/:purpose", async (c) => c.json([...(await forms.read(c, c.req.param("purpose"), "/back"))]));

  async function open(path: string, cookie = "") {
    const answer = await app.request(path, { headers: { host: "mcp.example.com", cookie } });
    const tokens = [...(await answer.text()).matchAll(/name="form_token"\s+value="([^"]*)"/g)].map(
      ([, token]) => token ?? "",
    );
    const set = answer.headers.getSetCookie().map((line) => line.split(";")[0] ?? "");
    return { token: tokens[0] ?? "", tokens, cookie: set[0] ?? cookie, set };
  }
  async function send(path: string, body: string, headers: Record<string, string>) {
    const answer = await app.request(path, {
      method: "POST",
      body,
      headers: { host: "mcp.example.com", "content-type": "application/x-www-form-urlencoded", ...headers },
    });
    const told = (await answer.json()) as { code?: string; back?: string };
    return answer.status === 200 ? told : [answer.status, told.code, told.back];
  }
  return { app, clock, open, send };
}

const stale = [403, "form_stale", "/back"];

test("a form is read as it was sent, without its token; the browser keeps its cookie", async () => {
  const { open, send } = start();
  const { token, cookie } = await open("/one");
  const again = await open("/one", cookie);
  expect(again.set).toEqual([]);
  expect(await send("/one", `a=1&a=2&form_token=${again.token}&b=%C3%A4+%26`, { cookie })).toEqual([
    ["a", "1"],
    ["a", "2"],
    ["b", "ä &"],
  ]);
  const fromBrowser = { cookie, origin: publicUrl, "sec-fetch-site": "same-origin" };
  expect(await send("/one", `form_token=${token}`, fromBrowser)).toEqual([]);
});

test("two forms of one page are for the same browser", async () => {
  const { open, send } = start();
  const { tokens, set, cookie } = await open("/twice");
  expect([tokens.length, set.length]).toEqual([2, 1]);
  for (const token of tokens) expect(await send("/twice", `form_token=${token}`, { cookie })).toEqual([]);
});

test("a form without a token, with two, or with one of another form or browser is not read", async () => {
  const { open, send } = start();
  const [mine, other, foreign] = [await open("/one"), await open("/two"), await open("/one")];
  const { cookie, token } = mine;
  const attempts = [
    ["", cookie],
    ["form_token=", cookie],
    [`form_token=${token}&form_token=${token}`, cookie],
    [`form_token=${token}x`, cookie],
    [`form_token=${token.slice(0, -1)}`, cookie],
    [`form_token=9${token}`, cookie],
    [`form_token=${token}`, ""],
    [`form_token=${token}`, foreign.cookie],
    [`form_token=${foreign.token}`, cookie],
    [`form_token=${other.token}`, other.cookie],
    [`form_token=${token}`, `${cookie.split("=")[0]}=short`],
  ] as const;
  for (const [body, sent] of attempts) expect(await send("/one", body, { cookie: sent })).toEqual(stale);
  expect(await send("/one", `form_token=${token}`, { cookie })).toEqual([]);
});

test("a form is good for an hour", async () => {
  const { clock, open, send } = start();
  const { token, cookie } = await open("/one");
  clock.advance(3_599_000);
  expect(await send("/one", `form_token=${token}`, { cookie })).toEqual([]);
  clock.advance(1000);
  expect(await send("/one", `form_token=${token}`, { cookie })).toEqual(stale);
});

test.each([
  { "sec-fetch-site": "cross-site" },
  { "sec-fetch-site": "same-site" },
  { "sec-fetch-site": "none" },
  { origin: "https://other.example" },
  { origin: publicUrl, "content-type": "text/plain" },
  { origin: publicUrl, "content-type": "multipart/form-data; boundary=x" },
])("a right token does not help a form that came with %j", async (headers) => {
  const { open, send } = start();
  const { token, cookie } = await open("/one");
  expect(await send("/one", `form_token=${token}`, { cookie, ...headers })).toEqual(stale);
});

test("a form has 64 KiB at most", async () => {
  const { open, send } = start();
  const { token, cookie } = await open("/one");
  const body = `form_token=${token}&a=${"x".repeat(65_536)}`;
  expect(await send("/one", body, { cookie })).toEqual([413, "body_too_large", undefined]);
});

test("a page of another host of this server may send its forms as well, on loopback", async () => {
  const local = "http://localhost:4000";
  const clock = createManualClock();
  const forms = createForms({ cookies: createCookies(local), publicUrl: local, clock, mac });
  const app = new Hono().get("/", (c) => page(c, { title: "x", body: forms.field(c, "one") }));
  app.post("/", async (c) => c.json([...(await forms.read(c, "one"))]));
  const host = "127.0.0.1:4000";
  const opened = await app.request("/", { headers: { host } });
  const token = /value="([^"]*)"/.exec(await opened.text())?.[1] ?? "";
  const cookie = opened.headers.getSetCookie()[0]?.split(";")[0] ?? "";
  const answer = await app.request("/", {
    method: "POST",
    body: `form_token=${token}`,
    headers: { host, cookie, origin: `http://${host}`, "content-type": "application/x-www-form-urlencoded" },
  });
  expect(answer.status).toBe(200);
});
