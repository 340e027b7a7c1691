import type { Id } from "@castellan/kernel";
import { expect, test } from "vitest";
import type { Target } from "../target.ts";
import { ownAccount } from "./accounts.ts";

const auth = { kind: "own_account" } as const;
const target: Target = {
  id: "srv_1",
  slug: "crm",
  title: "CRM",
  url: "https://crm.example/mcp",
  allowPrivate: [],
  auth,
  secrets: {},
  asksForOAuth: true,
};
const ada = {
  kind: "person",
  id: "usr_1" as Id<"user">,
  name: "Ada",
  email: "ada@example.com",
  groups: [],
  client: undefined,
  portal: undefined,
} as const;

test.each([
  ["a token that is refused", { status: 401, challenge: undefined }, ["srv_1"]],
  ["a scope that lacks", { status: 403, challenge: 'Bearer error="insufficient_scope", scope="write"' }, []],
  ["a no that is not about the token", { status: 403, challenge: undefined }, []],
] as const)("%s: whose tokens the target takes is found out anew, or not", async (_, refusal, forgotten) => {
  const told: string[] = [];
  const strategy = ownAccount(
    {
      usable: () => Promise.reject(new Error("nothing is sent here")),
      refused: () => Promise.resolve("final"),
    },
    (id) => told.push(id),
  );
  const sent = { authorization: "Bearer at_1" };
  const outcome = await strategy.of(target, ada, auth).refused(refusal, sent, new AbortController().signal);
  expect([outcome, told]).toEqual(["final", forgotten]);
});
