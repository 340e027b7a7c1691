import { expect, test } from "vitest";
import { callStages } from "./table.ts";

test("the order in which a call is judged", () => {
  expect(callStages.stages.map(({ name, owner }) => [name, owner])).toEqual([
    ["authenticate", "access"],
    ["parse", "mcp"],
    ["classify", "mcp"],
    ["enter", "portal"],
    ["unwrap", "portal"],
    ["resolve", "calls"],
    ["authorize", "policy"],
    ["announce", "portal"],
    ["credential", "credentials"],
    ["approve", "approvals"],
    ["limit", "limits"],
    ["dispatch", "mcp"],
  ]);
});
