/** How the house finds what a request is for. */
import { RegExpRouter } from "hono/router/reg-exp-router";
import { expect, test } from "vitest";
import { startTestHouse } from "../harness/house.ts";

test("one regular expression finds every route: no two of them make Hono walk a tree with each request", async () => {
  await using house = await startTestHouse();
  const router = new RegExpRouter<string>();
  for (const { method, path } of house.routes) router.add(method, path, path);
  // It looks at what it was given when it is first asked.
  expect(router.match("POST", "/p/work/mcp")[0].map(([path]) => path)).toEqual(["/*", "/p/:portal/mcp"]);
});
