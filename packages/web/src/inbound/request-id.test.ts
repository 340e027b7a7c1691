import { isId } from "@castellan/kernel";
import { expect, test } from "vitest";
import { serveApp } from "../testing.ts";
import { requestId } from "./exchange.ts";

const trusted = { trustedProxies: ["127.0.0.1"] };

async function idFor(sent: string, settings: object) {
  await using served = await serveApp((app) => app.get("/id", (c) => c.text(requestId(c))), settings);
  const answer = await served.send("/id", { headers: { "x-request-id": sent } });
  expect(answer.headers["x-request-id"]).toBe(answer.body);
  return answer.body;
}

test("a trusted proxy's id is kept", async () => {
  expect(await idFor("4bf92f35-77b3.Root=1:a/b", trusted)).toBe("4bf92f35-77b3.Root=1:a/b");
});

test.each([
  ["from a stranger", "abc", {}],
  ["too long", "a".repeat(129), trusted],
  ["with a blank", "a b", trusted],
  ["empty", "", trusted],
  ["with quotes", '"}{"', trusted],
])("an id %s is replaced", async (_name, sent, settings) => {
  expect(isId("request", await idFor(sent, settings))).toBe(true);
});
