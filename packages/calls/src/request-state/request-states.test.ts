import { randomBytes } from "node:crypto";
import { createId, createManualClock, isFault } from "@castellan/kernel";
import { createVault, generateMasterKey } from "@castellan/vault";
import fc from "fast-check";
import { expect, test } from "vitest";
import { bind, type Bound } from "./binding.ts";
import { canonicalJson } from "../canonical-json.ts";
import {
  createRequestStates,
  maxUpstreamChars,
  stateKinds,
  stateTtlMs,
  type StateFacts,
} from "./request-states.ts";

function setUp() {
  const clock = createManualClock();
  const vault = createVault({ current: generateMasterKey().key, older: [] }, randomBytes(32));
  return { clock, vault, states: createRequestStates({ vault, clock }) };
}

const bound: Bound = {
  principalId: "tok_1",
  portal: "main",
  serverId: "srv_1",
  method: "tools/call",
  params: '{"name":"x","arguments":{"a":1,"b":[1.50,"\\u00e9"]}}',
};

const facts: StateFacts = { kind: "conversation", owner: "rep_1", conversation: "c1", round: 3 };

function codeOf(run: () => unknown): string {
  try {
    run();
    return "opened";
  } catch (error) {
    return isFault(error) ? error.code : String(error);
  }
}

test("a state opens for the same request, however the client writes it", () => {
  const { states } = setUp();
  const text = states.seal(facts, bind(bound));
  const retry = {
    ...bound,
    params:
      '{ "inputResponses":{"k":{}}, "_meta":{"n":2}, "requestState":"s", "arguments": {"b":[1.50,"é"], "a":1}, "name":"\\u0078" }',
  };
  expect(states.open(text, bind(retry), "again", "conversation")).toEqual(facts);
  expect(text).toMatch(/^[A-Za-z0-9_-]+$/);
});

test.each<[string, Partial<Bound>]>([
  ["another caller", { principalId: "tok_2" }],
  ["another portal", { portal: "other" }],
  ["another server", { serverId: "srv_2" }],
  ["another method", { method: "prompts/get" }],
  ["another tool", { params: '{"name":"y","arguments":{"a":1,"b":[1.50,"é"]}}' }],
  ["another argument", { params: '{"name":"x","arguments":{"a":2,"b":[1.50,"é"]}}' }],
  ["a number written otherwise", { params: '{"name":"x","arguments":{"a":1,"b":[1.5,"é"]}}' }],
  ["a string in place of a number", { params: '{"name":"x","arguments":{"a":"1","b":[1.50,"é"]}}' }],
  ["another order of a list", { params: '{"name":"x","arguments":{"a":1,"b":["é",1.50]}}' }],
  ["one argument more", { params: '{"name":"x","arguments":{"a":1,"b":[1.50,"é"]},"more":null}' }],
  ["no params", { params: undefined }],
])("a state does not open for %s", (_what, other) => {
  const { states } = setUp();
  const text = states.seal(facts, bind(bound));
  expect(codeOf(() => states.open(text, bind({ ...bound, ...other }), "conversation"))).toBe(
    "request_state_invalid",
  );
});

test("a state opens until its time is over, and as its own kind only", () => {
  const { states, clock } = setUp();
  const text = states.seal(facts, bind(bound));
  expect(codeOf(() => states.open(text, bind(bound), "forwarded", "again"))).toBe("request_state_invalid");
  clock.advance(stateTtlMs.conversation - 1);
  expect(codeOf(() => states.open(text, bind(bound), "conversation"))).toBe("opened");
  clock.advance(1);
  expect(codeOf(() => states.open(text, bind(bound), "conversation"))).toBe("request_state_invalid");
});

test("a state of another house does not open", () => {
  const text = setUp().states.seal(facts, bind(bound));
  expect(codeOf(() => setUp().states.open(text, bind(bound), "conversation"))).toBe("request_state_invalid");
});

test("no altered state opens, nor one written in another way", () => {
  const { states } = setUp();
  const text = states.seal(facts, bind(bound));
  const open = (altered: string) => codeOf(() => states.open(altered, bind(bound), "conversation"));
  for (const altered of ["", `${text}-TAMPERED`, `${text}=`, `${text}\n`, text.slice(0, -1), "A".repeat(4e5)])
    expect(open(altered)).toBe("request_state_invalid");
  fc.assert(
    fc.property(fc.nat(text.length - 1), fc.constantFrom(..."ABCxyz019-_"), (at, char) => {
      const altered = text.slice(0, at) + char + text.slice(at + 1);
      expect(open(altered)).toBe(altered === text ? "opened" : "request_state_invalid");
    }),
  );
  fc.assert(
    fc.property(fc.string(), (any) => {
      expect(open(any)).toBe("request_state_invalid");
    }),
  );
});

test("a server's own state comes back to the letter, unless it is too large", () => {
  const { states } = setUp();
  const worst = `"${"\\\\".repeat((maxUpstreamChars - 2) / 2)}"`;
  for (const upstream of ['"a\\u0041\\"b"', worst, `"${"語".repeat(maxUpstreamChars - 2)}"`]) {
    const text = states.seal({ kind: "forwarded", upstream, identity: "house" }, bind(bound));
    expect(states.open(text, bind(bound), "forwarded").upstream).toBe(upstream);
  }
  const tooLarge: StateFacts = {
    kind: "forwarded",
    upstream: `"${"a".repeat(maxUpstreamChars)}"`,
    identity: "house",
  };
  expect(codeOf(() => states.seal(tooLarge, bind(bound)))).toBe("upstream_too_large");
});

test("two texts are the same canonically when they hold the same, and only then", () => {
  const shuffled = (value: unknown): string => {
    if (Array.isArray(value)) return `[ ${value.map(shuffled).join(" , ")} ]`;
    if (typeof value !== "object" || value === null) return JSON.stringify(value);
    const members = Object.entries(value).map(([key, held]) => `${JSON.stringify(key)} :${shuffled(held)}`);
    return `{${members.toReversed().join(",\n")}}`;
  };
  const values = fc.jsonValue().filter((value) => !JSON.stringify(value).includes("__proto__"));
  fc.assert(
    fc.property(values, values, (a, b) => {
      const [textA, textB] = [JSON.stringify(a), JSON.stringify(b)];
      expect(canonicalJson(shuffled(JSON.parse(textA)))).toBe(canonicalJson(textA));
      if (canonicalJson(textA) === canonicalJson(textB)) expect(JSON.parse(textA)).toEqual(JSON.parse(textB));
    }),
  );
  expect(canonicalJson("[1234567890123456789]")).not.toBe(canonicalJson("[1234567890123456788]"));
  expect(canonicalJson("[1E400]")).not.toBe(canonicalJson("[1E401]"));
  expect(canonicalJson('["n1"]')).not.toBe(canonicalJson("[1]"));
});

test("by which request a call was approved goes from round to round with whatever else is known", () => {
  const { states } = setUp();
  const approved = { id: createId("approval"), version: 3 };
  const all: StateFacts[] = [
    { kind: "approved", approved },
    { kind: "again", approved },
    { kind: "forwarded", upstream: '"theirs"', identity: "house", approved },
    { ...facts, approved },
    { kind: "approval", id: approved.id },
  ];
  for (const one of all) {
    const text = states.seal(one, bind(bound));
    expect(states.open(text, bind(bound), ...stateKinds)).toEqual(one);
    const others = stateKinds.filter((kind) => kind !== one.kind);
    expect(codeOf(() => states.open(text, bind(bound), ...others))).toBe("request_state_invalid");
  }
});
