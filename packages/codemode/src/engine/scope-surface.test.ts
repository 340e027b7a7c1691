import { createScope, narrowScope } from "@castellan/calls";
import { testDefinition, testServer } from "@castellan/calls/testing";
import type { Slug } from "@castellan/kernel";
import { expect, test } from "vitest";
import { scopeSurface } from "./scope-surface.ts";

function serverOf(slug: string, tools: Readonly<Record<string, string>>) {
  const definitions = Object.entries(tools).map(([name, description]) =>
    testDefinition("tool", name, JSON.stringify({ name, description, inputSchema: { type: "object" } }), {
      publicName: `${slug}_${name}` as Slug,
    }),
  );
  return testServer(slug, { definitions });
}

const jira = serverOf("jira", { search: "Finds tickets.", close: "Closes a ticket." });
const secret = serverOf("secret", {
  search: "Finds tickets, too.",
  tickets: "All tickets.",
  fire: "Fires people.",
});

test("what somebody may not see changes neither what they find, nor in which order, nor how many there are", async () => {
  const scopeOf = (servers: readonly (typeof jira)[]) =>
    createScope({ era: "modern", servers, naming: "prefixed" });
  const part = narrowScope(scopeOf([jira, secret]), ({ server }) => server.slug === "jira");
  const [seen, alone] = [part, scopeOf([jira])].map((scope) =>
    scopeSurface(scope, { kind: "portal" }, undefined),
  );
  const told = async (surface = seen) => [
    await surface?.tools(),
    ...(await Promise.all(
      ["ticket", "search tickets", "fire", "", "secret"].map((words) => surface?.search(words, 5)),
    )),
    await surface?.describe(["secret_fire", "jira_close"]),
    await surface?.closest("secret_tickets"),
    surface?.tool("secret_fire"),
  ];
  expect(await told()).toEqual(await told(alone));
  expect(JSON.parse((await alone?.search("ticket", 5)) ?? "")).toMatchObject({ total: 2 });
});
