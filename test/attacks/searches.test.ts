/** One caller's searches, each as slow as they come, leave the others room for theirs. */
import { expect, test } from "vitest";
import { startRawModern } from "../fixtures/raw-modern.ts";
import { openPortals } from "../portal/open-portals.ts";
import { parsed, sayModern } from "../portal/client.ts";

test("a caller has a few searches under way at a time, and is told when that is too many", async () => {
  await using house = await openPortals();
  const description = "aaaaaaab ".repeat(400);
  const tools = Array.from({ length: 1_000 }, (_, n) => ({
    name: `t${n}`,
    description,
    inputSchema: { type: "object" },
  }));
  await using server = await startRawModern({
    capabilities: '{"tools":{}}',
    script: { "tools/list": () => JSON.stringify({ resultType: "complete", tools }) },
  });
  await house.sync("many", server.url);
  const door = await house.open("p", ["many"]);
  const search = async (token: string) => {
    const to = { url: `${door.url}?optimize_context=search_and_execute`, token };
    const heard = await sayModern(to, "tools/call", {
      name: "portal_query_tools",
      arguments: { query: "(a+a+)+c|b[^b]{9,12}x" },
    });
    const { error } = parsed((await heard.all).at(-1));
    return [heard.status, error?.data.code ?? "ok"].join(" ");
  };
  const floods = Array.from({ length: 30 }, () => search(door.token));
  const other = search(await house.token("p"));
  const outcomes = Map.groupBy(await Promise.all(floods), (outcome) => outcome);
  expect([...outcomes.keys()].toSorted()).toEqual(["200 ok", "429 calls_limited"]);
  expect(await other).toBe("200 ok");
  expect(await search(door.token)).toBe("200 ok");
});
