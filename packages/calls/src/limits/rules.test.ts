import { expect, test } from "vitest";
import type { ServerLimits } from "../servers/server-limits.ts";
import { personRules, rulesFor } from "./rules.ts";
import { serverWith } from "./testing.ts";

const { server } = serverWith({
  callsPerMinute: 100,
  timeoutSeconds: 30,
  perPerson: { concurrency: 2 },
  tools: {
    slow: { timeoutSeconds: 5, concurrency: 1 },
    long: { timeoutSeconds: 600 },
    "\u0000 odd": { perPerson: { callsPerMinute: 3 } },
    free: {},
  },
});
const ofServer = { owner: "server", key: server.id, subject: 'Server "crm"' };

function told(tool?: string) {
  const { rules, timeout, boundsCallers } = rulesFor(server, tool);
  return { rules: rules.map(({ key, ...rule }) => [key.split(" ")[0], rule]), timeout, boundsCallers };
}

test("the limits of a server hold for whatever it is asked; those of all and of each person apart", () => {
  expect(rulesFor(server)).toEqual({
    rules: [
      { ...ofServer, isPerPerson: false, callsPerMinute: 100 },
      { ...ofServer, isPerPerson: true, concurrency: 2 },
    ],
    timeout: { ms: 30_000, owner: "server" },
    boundsCallers: true,
  });
  for (const other of ["free", "unknown", "constructor", "__proto__"]) expect(told(other)).toEqual(told());
});

test("those of a tool hold beside them, and the shorter time is the one that a call has", () => {
  const subject = 'Tool "slow" of server "crm"';
  expect(told("slow")).toEqual({
    rules: [...told().rules, [server.id, { owner: "tool", subject, isPerPerson: false, concurrency: 1 }]],
    timeout: { ms: 5_000, owner: "tool" },
    boundsCallers: true,
  });
  expect(told("long")).toEqual(told());
});

test("a tool's key is its own, whatever its name; asking again costs nothing", () => {
  const rules = rulesFor(server, "\u0000 odd");
  expect(rules.rules.at(-1)?.key).toMatch(/^srv_\w+ [\w-]{43}$/);
  expect(rulesFor(server, "\u0000 odd")).toBe(rules);
  expect(rulesFor(server, "slow").rules.at(-1)?.key).not.toBe(rules.rules.at(-1)?.key);
});

test.each<[ServerLimits]>([[{}], [{ perPerson: {} }], [{ tools: { free: {} } }]])(
  "%j limits nothing",
  (limits) => {
    expect(rulesFor(serverWith(limits).server, "free")).toEqual({
      rules: [],
      timeout: undefined,
      boundsCallers: false,
    });
  },
);

test("a time longer than a timer holds is as long as a timer holds", () => {
  expect(rulesFor(serverWith({ timeoutSeconds: 1e9 }).server).timeout?.ms).toBe(2 ** 31 - 1);
});

test("the installation's limits of a person are one rule, or none", () => {
  expect(personRules({})).toEqual([]);
  expect(personRules({ concurrency: 3 })).toMatchObject([
    { owner: "person", isPerPerson: true, concurrency: 3 },
  ]);
});
