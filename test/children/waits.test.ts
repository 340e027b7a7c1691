/** A tool of the portal's own that waits for people asks its caller for all of it at once, in the way that their client knows. */
import { askOwnCaller, errandNoteOf, errandOf, hearOwnRetry, openOwnState } from "@castellan/calls";
import type { Approval } from "@castellan/approvals";
import { createId, isFault, type Id } from "@castellan/kernel";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { metaKeys } from "../fixtures/modern-rules.ts";
import { openScene, rule, type Scene } from "../policy/scene.ts";
import { openLegacy, parsed, rpc, sayModern, type Door, type Heard, type Loose } from "../portal/client.ts";
import { gist, testCode, toolCall, type Program, type Running } from "./program.ts";

const code = testCode();
let scene: Scene;
let turn = 0;
beforeAll(async () => {
  scene = await openScene({ codemode: code.port });
});
beforeEach(() => {
  turn++;
  for (const calls of Object.values(scene.called)) calls.length = 0;
  const asks = rule("two-eyes", {
    action: "require_approval",
    at: { classes: ["write"] },
    approval: { deciders: { groups: ["leads"] }, holdsSeconds: 0 },
  });
  for (const house of [scene.house, scene.other]) house.setRules(asks);
  code.program = program;
});
afterAll(async () => {
  const { faults, errors } = scene.house;
  await scene[Symbol.asyncDispose]();
  expect([faults, errors]).toEqual([[], []]);
});

const run = createId("run");
/** What each pass of the code came to. */
let passes: string[][] = [];
beforeEach(() => {
  passes = [];
});

/** Two writes at once, each of which a person has to approve; run again until neither waits, and asked for in between. */
const program: Program = async (running) => {
  const { call, request, ports } = running;
  const known = openOwnState(call, request, ports);
  if (known !== undefined) {
    expect(known).toBe(run);
    const errands = errandsOf(await pass(running), running);
    const states = await hearOwnRetry({ call, request, errands }, ports);
    passes.push(states.map((state) => (isFault(state) ? state.code : state)));
    if (states.some((state) => isFault(state))) return '{"content":[],"isError":true}';
  }
  for (;;) {
    const notes = await pass(running);
    if (notes.length === 0) return '{"content":[],"resultType":"complete"}';
    const asked = await askOwnCaller({ call, request, errands: errandsOf(notes, running), run }, ports);
    if (asked.kind === "question") return asked.answer;
    if (asked.kind === "unasked")
      return JSON.stringify({ structuredContent: { status: "paused", waits: notes }, content: [] });
    passes.push(asked.states.map((state) => (isFault(state) ? state.code : state)));
    if (asked.states.some((state) => state !== "done")) return '{"content":[],"isError":true}';
  }
};

const done = new Set<string>();
async function pass({ children }: Running) {
  const names = ["modern_put", "legacy_put"].filter((name) => !done.has(`${turn} ${name}`));
  const outcomes = await Promise.all(names.map((name) => children.call(toolCall(name, { turn }))));
  for (const [at, outcome] of outcomes.entries()) if (outcome.answer) done.add(`${turn} ${names[at]}`);
  passes.push(outcomes.map(gist));
  return outcomes.flatMap(({ fault }) => (fault && errandNoteOf(fault)) ?? []);
}
const errandsOf = (notes: Awaited<ReturnType<typeof pass>>, { call, ports }: Running) =>
  notes.map((note) => errandOf(note, call.principal.id, ports));

const doorOf = (house = scene.house): Door => {
  const { url, token } = scene.at(house);
  return { url: `${url}?codemode=search_and_execute`, token };
};
const decide = (id: string, yes = true) =>
  scene.house.approvals.decide(id as Id<"approval">, { by: scene.lead, yes, reason: undefined });
const idIn = (url: string) => url.replace("http://127.0.0.1/approvals/", "");
const last = async (heard: Heard) => parsed((await heard.all).at(-1));
const find = async (id: string) => (await scene.house.approvals.find(id as Id<"approval">)) as Approval;

const opens = { [metaKeys.clientCapabilities]: { elicitation: { url: {} } } };
const execute = (more: object = {}, args: object = {}) =>
  sayModern(
    doorOf(),
    "tools/call",
    { name: "portal_codemode_execute", arguments: { turn, ...args }, ...more },
    { meta: opens },
  );

async function questions() {
  const { result } = await last(await execute());
  expect(result.resultType).toBe("input_required");
  const asked = Object.entries<Loose>(result.inputRequests).map(([key, { params }]) => ({ key, ...params }));
  return { state: result.requestState as string, asked };
}

test("a modern client gets one question for each page, waits with its retry, and the calls go through once", async () => {
  const { state, asked } = await questions();
  expect(asked.map(({ key, mode, message }) => [key, mode, message])).toEqual(
    ["modern_put", "legacy_put"].map((name, at) => [
      `castellan_${idIn(asked[at].url)}`,
      "url",
      `tools/call of "${name}" has to wait: a person has to approve it (two-eyes).`,
    ]),
  );
  const inputResponses = Object.fromEntries(asked.map(({ key }) => [key, { action: "accept" }]));
  const retry = execute({ requestState: state, inputResponses });
  for (const { url } of asked) await decide(idIn(url));
  expect((await last(await retry))["result"]).toEqual({ content: [], resultType: "complete" });
  expect([scene.called.modern.length, scene.called.legacy.length]).toEqual([1, 1]);
  for (const { url } of asked) expect((await find(idIn(url))).state).toBe("used");
});

test("one that is declined is taken back, and said to have been", async () => {
  const { state, asked } = await questions();
  const [first, second] = asked;
  await decide(idIn(first.url));
  const inputResponses = { [first.key]: { action: "accept" }, [second.key]: { action: "decline" } };
  await last(await execute({ requestState: state, inputResponses }));
  expect(passes.at(-1)?.toSorted()).toEqual(["approval_withdrawn"]);
  expect((await find(idIn(second.url))).state).toBe("withdrawn");
});

test("a state opens for the same tool, the same arguments and the same caller only", async () => {
  const { state } = await questions();
  const codeOf = async (heard: Heard) => (await last(heard))["error"]?.data.code;
  expect(await codeOf(await execute({ requestState: state }, { other: 1 }))).toBe("request_state_invalid");
  expect(await codeOf(await execute({ requestState: `${state}x` }))).toBe("request_state_invalid");
  const bea = await scene.callers.person(`bea${turn}`);
  const { token } = await scene.callers.grant(bea, "main", ["portal:main", "portal:main:read"]);
  await scene.house.flush();
  const byBea = await sayModern(
    { ...doorOf(), token },
    "tools/call",
    { name: "portal_codemode_execute", arguments: { turn }, requestState: state },
    { meta: opens },
  );
  expect(await codeOf(byBea)).toBe("request_state_invalid");
  // Nor is it one of a call to a server.
  const elsewhere = await sayModern(
    doorOf(),
    "tools/call",
    { name: "modern_look", arguments: { turn }, requestState: state },
    { meta: opens },
  );
  expect(await codeOf(elsewhere)).toBe("request_state_invalid");
});

test("a legacy client with a stream is asked for all of them on it, and its call waits without a place", async () => {
  const client = await openLegacy(doorOf(), { capabilities: { elicitation: { url: {} } } });
  const call = await client.send(
    rpc(7, "tools/call", { name: "portal_codemode_execute", arguments: { turn } }),
  );
  const asked = [parsed(await call.next()), parsed(await call.next())];
  expect(asked.map(({ method, params }) => [method, params.mode])).toEqual([
    ["elicitation/create", "url"],
    ["elicitation/create", "url"],
  ]);
  // As many of the portal's own tools as a caller may have under way at a time, beside the one that waits.
  const program = code.program;
  const gate = Promise.withResolvers<void>();
  let arrived = 0;
  const eight = Promise.withResolvers<void>();
  code.program = async () => {
    if (++arrived === 8) eight.resolve();
    await gate.promise;
    return "{}";
  };
  const others = Array.from({ length: 8 }, () => execute());
  await eight.promise;
  gate.resolve();
  for (const other of others) expect((await last(await other))["result"]).toEqual({});
  code.program = program;
  for (const { id, params } of asked) {
    await client.send(`{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":{"action":"accept"}}`);
    await decide(idIn(params.url));
  }
  const rest = (await call.all).slice(2).map(parsed);
  expect(rest.map(({ method, result }) => method ?? result)).toEqual([
    "notifications/elicitation/complete",
    "notifications/elicitation/complete",
    { content: [], resultType: "complete" },
  ]);
  expect(passes).toEqual([
    ["approval_required", "approval_required"],
    ["done", "done"],
    ["result", "result"],
  ]);
  await client.end();
});

test("a legacy client that cancels by the id of its call ends it; what was asked for still waits", async () => {
  const client = await openLegacy(doorOf(), { capabilities: { elicitation: { url: {} } } });
  const call = await client.send(
    rpc(8, "tools/call", { name: "portal_codemode_execute", arguments: { turn } }),
  );
  const { params } = parsed(await call.next());
  await client.send(rpc(undefined, "notifications/cancelled", { requestId: 8 }));
  await call.all;
  expect((await find(idIn(params.url))).state).toBe("pending");
  await client.end();
});

test("a client that opens nothing is told where the pages are", async () => {
  const heard = await sayModern(doorOf(), "tools/call", {
    name: "portal_codemode_execute",
    arguments: { turn },
  });
  const { structuredContent } = (await last(heard))["result"];
  expect(structuredContent.waits).toEqual(
    ["modern_put", "legacy_put"].map((name) => ({
      kind: "approval",
      id: expect.stringMatching(/^apr_/) as string,
      url: expect.stringMatching(/^http:\/\/127\.0\.0\.1\/approvals\/apr_/) as string,
      message: `tools/call of "${name}" has to wait: a person has to approve it (two-eyes).`,
    })),
  );
});
