import type { Principal, UserPrincipal } from "@castellan/access";
import { createId } from "@castellan/kernel";
import { expect, test } from "vitest";
import { clientWords } from "./new-request.ts";

const ada: UserPrincipal = {
  kind: "user",
  id: createId("user"),
  name: "Ada",
  email: "ada@example.com",
  directory: "workforce",
  role: "member",
  groups: [],
  scopes: [],
  grantId: createId("grant"),
  clientId: "cli_1",
  provider: "local",
  amr: [],
  provedAtMs: undefined,
  claims: {},
};
const program: Principal = { kind: "service", id: "tok_1", name: "ci", role: "member", scopes: [] };

test.each<[string, Principal, string | undefined, string | undefined]>([
  ["by the name that was consented to", { ...ada, clientName: "Desk" }, "Claude", "Desk (cli_1)"],
  ["by what it says of itself where there was no consent", ada, "Claude", "Claude (cli_1)"],
  ["by its id where it says nothing", ada, undefined, "cli_1"],
  ["a program with a token", program, "cron", "cron"],
  ["nothing is known", program, undefined, undefined],
  ["in few words", program, "x".repeat(200), "x".repeat(128)],
])("who decides is told of the client %s", (_, principal, says, words) => {
  expect(clientWords(principal, says)).toBe(words);
});
