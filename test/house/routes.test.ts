/** How the house finds what a request is for. */
import { expect, test } from "vitest";
import { startTestHouse } from "../harness/house.ts";

test("one regular expression finds every route: no two of them make Hono walk a tree with each request", async () => {
  await using house = await startTestHouse();
  await fetch(`${house.url}/p/work/mcp`, { method: "POST" });
  // It takes the first of its routers that can hold all of the routes.
  expect(house.router()).toBe("SmartRouter + RegExpRouter");
});
