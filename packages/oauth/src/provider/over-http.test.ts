/** Over a real socket, on plain HTTP as on somebody's own machine. */
import { startHttpServer } from "@castellan/web";
import { Hono } from "hono";
import { expect, test } from "vitest";
import { createTestOAuth, firstOf, signInCookie } from "./testing.ts";
import { authorizePath, createPkce, readForm, redirectUri } from "./testing-browser.ts";
import { addPublicClient, codeForm } from "./testing-client.ts";

test("from the question to a token", async () => {
  const inner: { app?: Hono } = {};
  const outer = new Hono();
  outer.all("*", (c) => inner.app?.fetch(c.req.raw, c.env) ?? c.text("starting", 503));
  const errors: unknown[] = [];
  const onError = (error: unknown) => void errors.push(error);
  await using server = await startHttpServer({
    host: "127.0.0.1",
    port: 0,
    app: outer,
    onError,
    onRefused: onError,
  });
  await using house = await createTestOAuth({ publicUrl: server.url });
  inner.app = firstOf(house.replicas).app;
  const clientId = await addPublicClient(house);
  const user = await house.addPerson("ada@example.com");
  const { secret } = await house.sessions.begin({
    user,
    provider: "local",
    amr: ["pwd", "otp"],
    address: "127.0.0.1",
    userAgent: "test",
    lifetimeMs: 60_000,
  });
  const jar = new Map([[signInCookie, secret]]);
  const send = async (url: string | URL, init: RequestInit = {}) => {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
    const headers = { cookie, accept: "text/html", ...init.headers };
    const answer = await fetch(new URL(url, server.url), { ...init, headers, redirect: "manual" });
    for (const one of answer.headers.getSetCookie()) {
      const [name = "", value = ""] = one.split(";", 1)[0]?.split("=") ?? [];
      jar.set(name, value);
    }
    return answer;
  };

  const pkce = createPkce();
  const { port } = new URL(server.url);
  const asked = await send(authorizePath(clientId, pkce, { resource: `${server.url}/p/okrs/mcp` }));
  expect([...jar.keys()]).toEqual([signInCookie, `castellan-${port}-request`, `castellan-${port}-answer`]);
  const page = new URL(asked.headers.get("location") ?? "", server.url);
  const { action, fields } = await readForm({ url: page, answer: await send(page) });
  fields.set("decision", "allow");
  const allowed = await send(action, { method: "POST", body: fields, headers: { origin: server.url } });
  expect(allowed.headers.get("location")).toMatch(`${server.url}/oauth/authorize/`);
  const back = new URL((await send(allowed.headers.get("location") ?? "")).headers.get("location") ?? "");
  expect([back.origin + back.pathname, back.searchParams.get("iss")]).toEqual([
    redirectUri,
    `${server.url}/oauth`,
  ]);

  const code = { clientId, code: back.searchParams.get("code") ?? "", verifier: pkce.verifier };
  const told = await fetch(`${server.url}/oauth/token`, {
    method: "POST",
    body: new URLSearchParams(codeForm(code)),
    headers: { origin: "https://inspector.example", cookie: "session=x" },
  });
  expect([told.status, told.headers.get("access-control-allow-origin"), await told.json()]).toEqual([
    200,
    "*",
    expect.objectContaining({ token_type: "Bearer", scope: "portal:okrs portal:okrs:read" }),
  ]);
  expect([errors, house.errors]).toEqual([[], []]);
});
