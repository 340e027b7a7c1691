/** What a rule wants first: each kind of client hears of it in its own way, and one yes is good for one call. */
import type { Approval } from "@castellan/approvals";
import { sql } from "@castellan/database";
import type { Id } from "@castellan/kernel";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { metaKeys } from "../fixtures/modern-rules.ts";
import { openLegacy, parsed, rpc, sayModern, type Door, type Heard, type Loose } from "../portal/client.ts";
import { allScopes, eras, openScene, outcome, rule, type Scene } from "./scene.ts";

let scene: Scene;
beforeAll(async () => {
  scene = await openScene();
});
let turn = 0;
beforeEach(() => {
  // What one test was told no about is not what another asks.
  turn++;
  for (const calls of Object.values(scene.called)) calls.length = 0;
  twoEyes();
});
afterAll(async () => {
  const { faults, errors } = scene.house;
  await scene[Symbol.asyncDispose]();
  expect([faults, errors]).toEqual([[], []]);
});

function twoEyes(holdsSeconds = 0, ...more: ReturnType<typeof rule>[]) {
  const asks = rule("two-eyes", {
    action: "require_approval",
    at: { classes: ["write"] },
    approval: { deciders: { groups: ["leads"] }, holdsSeconds },
  });
  for (const house of [scene.house, scene.other]) house.setRules(asks, ...more);
}

const decide = (id: string, yes = true) =>
  scene.house.approvals.decide(id as Id<"approval">, {
    by: scene.lead,
    yes,
    reason: yes ? undefined : "not today",
  });
const find = async (id: string) => (await scene.house.approvals.find(id as Id<"approval">)) as Approval;
const idIn = (url: string) => url.replace("http://127.0.0.1/approvals/", "");

/** A modern client that opens pages. */
const opens = { [metaKeys.clientCapabilities]: { elicitation: { form: {}, url: {} } } };
const argsOf = (more: object = {}) => ({ turn, ...more });

function put(
  era: string,
  more: object = {},
  { door = scene.door, meta = {} }: { door?: Door; meta?: object } = {},
) {
  return sayModern(door, "tools/call", { name: `${era}_put`, arguments: argsOf(), ...more }, { meta });
}
const last = async (heard: Heard) => parsed((await heard.all).at(-1));

describe.each(eras)("a %s server", (era) => {
  test("a client that can open nothing is told where the page is; the same call goes through once after it", async () => {
    const { error } = await last(await put(era));
    const { url, approvalId, code, expiresAt } = error.data;
    expect([code, idIn(url), error.code]).toEqual(["approval_required", approvalId, -32000]);
    expect(error.message).toBe(
      `tools/call of "${era}_put" has to wait: a person has to approve it (two-eyes). See ${url}, and send the same call again afterwards`,
    );
    expect(Date.parse(expiresAt)).toBeGreaterThan(Date.now() + 23 * 60 * 60_000);
    // Still waiting: the same request, whoever asks.
    expect((await last(await put(era)))["error"].data.approvalId).toBe(approvalId);
    await decide(approvalId);
    // Other arguments, another client, another person: another call.
    expect((await last(await put(era, { arguments: argsOf({ more: 1 }) })))["error"].data.code).toBe(
      "approval_required",
    );
    const elsewhere = await scene.callers.grant(
      scene.ann,
      "main",
      allScopes,
      "https://other.example/app.json",
    );
    await Promise.all([scene.house.flush(), scene.other.flush()]);
    const byOther = await put(era, {}, { door: { ...scene.door, token: elsewhere.token } });
    expect(await outcome(byOther)).toEqual([200, "approval_required"]);
    expect(scene.called[era]).toEqual([]);
    // On another replica, and once.
    const again = await Promise.all([put(era, {}, { door: scene.at(scene.other) }), put(era)]);
    const outcomes = await Promise.all(again.map(async (heard) => (await outcome(heard))[1]));
    expect(outcomes.toSorted()).toEqual(["approval_required", "complete"]);
    expect(scene.called[era].length).toBe(1);
    expect((await find(approvalId)).state).toBe("used");
  });

  test("a modern client that opens pages is asked, waits with its retry, and the server sees nothing of that", async () => {
    const { result } = await last(await put(era, {}, { meta: opens }));
    expect(result.resultType).toBe("input_required");
    const { url, ...question } = result.inputRequests.castellan_approval.params;
    expect(question).toEqual({
      mode: "url",
      message: `tools/call of "${era}_put" has to wait: a person has to approve it (two-eyes).`,
    });
    const retry = {
      requestState: result.requestState,
      inputResponses: { castellan_approval: { action: "accept" } },
    };
    const waiting = put(era, retry, { meta: opens });
    await decide(idIn(url));
    expect(await outcome(await waiting)).toEqual([200, "complete"]);
    expect(scene.called[era].length).toBe(1);
    expect(Object.keys(scene.called[era][0]).toSorted()).toEqual(
      (era === "modern" ? ["_meta", "arguments", "name"] : ["arguments", "name"]).toSorted(),
    );
    // The state is no key: it leads to the same request, which is used up.
    const replayed = await put(era, retry, { meta: opens });
    expect((await last(replayed))["result"].resultType).toBe("input_required");
    expect(scene.called[era].length).toBe(1);
  });

  test("a legacy client with a stream is asked on it, and its call waits", async () => {
    const client = await openLegacy(scene.door, { capabilities: { elicitation: { url: {} } } });
    const call = await client.send(rpc(7, "tools/call", { name: `${era}_put`, arguments: argsOf() }));
    const { id, method, params } = parsed(await call.next());
    expect([method, params.mode]).toEqual(["elicitation/create", "url"]);
    await client.send(`{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":{"action":"accept"}}`);
    expect(scene.called[era]).toEqual([]);
    await decide(idIn(params.url));
    expect(parsed(await call.next())).toMatchObject({
      method: "notifications/elicitation/complete",
      params: { elicitationId: params.elicitationId },
    });
    expect(parsed(await call.next())).toMatchObject({ id: 7, result: { content: [] } });
    expect(scene.called[era].length).toBe(1);
  });
});

test("who decides may be quicker than the client's own person: the question is taken back", async () => {
  const client = await openLegacy(scene.door, { capabilities: { elicitation: { url: {} } } });
  const call = await client.send(rpc(7, "tools/call", { name: "legacy_put", arguments: argsOf() }));
  const { id, params } = parsed(await call.next());
  await decide(idIn(params.url));
  expect(parsed(await call.next())).toMatchObject({
    method: "notifications/cancelled",
    params: { requestId: id },
  });
  expect(parsed(await call.next())).toMatchObject({ id: 7, result: { content: [] } });
});

test("a decision on another replica reaches the call that waits here", async () => {
  const client = await openLegacy(scene.door, { capabilities: { elicitation: { url: {} } } });
  const call = await client.send(rpc(7, "tools/call", { name: "modern_put", arguments: argsOf() }));
  const { params } = parsed(await call.next());
  await scene.other.approvals.decide(idIn(params.url) as Id<"approval">, { by: scene.lead, yes: true });
  expect(await outcome(call)).toEqual([200, "complete"]);
  expect(scene.called.modern.length).toBe(1);
});

test.each(["decline", "cancel"])("a client that answers with %s takes the request back", async (action) => {
  const client = await openLegacy(scene.door, { capabilities: { elicitation: { url: {} } } });
  const call = await client.send(rpc(7, "tools/call", { name: "legacy_put", arguments: argsOf({ action }) }));
  const { id, params } = parsed(await call.next());
  await client.send(`{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":{"action":"${action}"}}`);
  expect(parsed(await call.next())["error"].data).toMatchObject({
    code: "approval_withdrawn",
    approvalId: idIn(params.url),
  });
  const { result } = await last(
    await put("legacy", { arguments: argsOf({ action, modern: 1 }) }, { meta: opens }),
  );
  const retry = { requestState: result.requestState, inputResponses: { castellan_approval: { action } } };
  const refused = await put(
    "legacy",
    { arguments: argsOf({ action, modern: 1 }), ...retry },
    { meta: opens },
  );
  expect(await outcome(refused)).toEqual([200, "approval_withdrawn"]);
  expect(scene.called.legacy).toEqual([]);
});

test("a call that its client cancels takes the request back, and a call that is cut off does not", async () => {
  const client = await openLegacy(scene.door, { capabilities: { elicitation: { url: {} } } });
  const call = await client.send(rpc("c", "tools/call", { name: "legacy_put", arguments: argsOf() }));
  const { params } = parsed(await call.next());
  await client.send(rpc(undefined, "notifications/cancelled", { requestId: "c" }));
  await call.all;
  expect((await find(idIn(params.url))).state).toBe("withdrawn");
  const { result } = await last(await put("legacy", {}, { meta: opens }));
  const { url } = result.inputRequests.castellan_approval.params;
  expect((await find(idIn(url))).state).toBe("pending");
});

test("a legacy client that opens pages and takes no stream gets the error that it knows", async () => {
  const client = await openLegacy(scene.door, { capabilities: { elicitation: { url: {} } } });
  const body = rpc(1, "tools/call", { name: "modern_put", arguments: argsOf() });
  const answer = await client.send(body, { headers: { accept: "application/json" } });
  const { error } = await last(answer);
  expect(error.code).toBe(-32042);
  expect(error.data.elicitations).toEqual([
    {
      mode: "url",
      elicitationId: expect.any(String),
      url: error.data.url,
      message: 'tools/call of "modern_put" has to wait: a person has to approve it (two-eyes).',
    },
  ]);
});

test("a no is told to whoever waits and to whoever asks again, and nothing reaches the server", async () => {
  const { result } = await last(await put("modern", {}, { meta: opens }));
  const waiting = put("modern", { requestState: result.requestState, inputResponses: {} }, { meta: opens });
  await decide(idIn(result.inputRequests.castellan_approval.params.url), false);
  const { error } = await last(await waiting);
  expect([error.data.code, error.message]).toEqual([
    "approval_rejected",
    "Somebody who may decide said no: not today",
  ]);
  expect(await outcome(await put("modern"))).toEqual([200, "approval_rejected"]);
  expect(scene.called.modern).toEqual([]);
});

test("who lost the right to decide between the yes and the call has not said yes", async () => {
  const { approvalId } = (await last(await put("modern")))["error"].data;
  await decide(approvalId);
  scene.house.staff.delete(scene.lead);
  try {
    expect(await outcome(await put("modern"))).toEqual([200, "approval_required"]);
    expect(scene.called.modern).toEqual([]);
  } finally {
    scene.house.staff.add(scene.lead);
  }
});

test("what a rule says by the time of the call holds: it may want more, refuse it, or be gone", async () => {
  const { approvalId } = (await last(await put("modern")))["error"].data;
  await decide(approvalId);
  const more = rule("purpose", {
    action: "allow",
    at: { servers: ["modern"] },
    purpose: { holdsSeconds: 0 },
  });
  twoEyes(0, more);
  const { error } = await last(await put("modern"));
  expect([error.data.code, error.data.approvalId]).toEqual(["approval_required", approvalId]);
  twoEyes(
    0,
    rule("shut", { at: { servers: ["modern"], classes: ["write"] }, include: [{ ip: "127.0.0.1" }] }),
  );
  expect(await outcome(await put("modern"))).toEqual([200, "policy_denied"]);
  for (const house of [scene.house, scene.other]) house.setRules();
  expect(await outcome(await put("modern"))).toEqual([200, "complete"]);
});

test("a block that comes while a call waits ends it", async () => {
  const client = await openLegacy(scene.door, { capabilities: { elicitation: { url: {} } } });
  const call = await client.send(rpc(7, "tools/call", { name: "legacy_put", arguments: argsOf() }));
  await call.next();
  scene.house.setRules(rule("shut", { at: { classes: ["write"] } }));
  expect((await last(call))["error"].data.code).toBe("access_withdrawn");
  expect(scene.called.legacy).toEqual([]);
});

test("a yes that holds is good for further calls of the same tool by the same client, and for no other", async () => {
  twoEyes(3_600);
  const { approvalId } = (await last(await put("modern")))["error"].data;
  await decide(approvalId);
  expect(await outcome(await put("modern"))).toEqual([200, "complete"]);
  expect(await outcome(await put("modern", { arguments: argsOf({ n: 2 }) }))).toEqual([200, "complete"]);
  expect(await outcome(await put("legacy"))).toEqual([200, "approval_required"]);
  twoEyes(0);
  expect(await outcome(await put("modern", { arguments: argsOf({ n: 3 }) }))).toEqual([
    200,
    "approval_required",
  ]);
});

test("a program is not asked to be a person", async () => {
  const token = await scene.house.token("main");
  await scene.house.flush();
  const door = { ...scene.door, token };
  expect(await outcome(await put("modern", {}, { door }))).toEqual([200, "approval_required"]);
  twoEyes(0, rule("proof", { action: "allow", at: { servers: ["modern"] }, stepUp: { withinSeconds: 60 } }));
  const { error } = await last(await put("modern", {}, { door }));
  expect(error.message).toBe(
    'Refused by policy: for tools/call of "modern_put" rule proof wants a person who proves who they are or says what for, and this caller is none',
  );
});

test("who proved who they are lately enough is not asked to again", async () => {
  const proof = (withinSeconds: number, methods?: string[]) =>
    scene.house.setRules(
      rule("proof", { action: "allow", at: { servers: ["modern"] }, stepUp: { withinSeconds, methods } }),
    );
  const { token } = await scene.callers.grant(scene.ann, "main", allScopes);
  await scene.house.database.transaction(async (tx) => {
    await tx.query(
      sql`update grants set proved_at = now() - interval '10 minutes', amr = '{mfa}'::text[] where user_id = ${scene.ann.id}`,
    );
  });
  const door = { ...scene.door, token };
  const code = async () => (await outcome(await put("modern", { arguments: argsOf({ n: 4 }) }, { door })))[1];
  proof(3_600);
  expect(await code()).toBe("complete");
  proof(60);
  expect(await code()).toBe("approval_required");
  proof(3_600, ["hwk"]);
  expect(await code()).toBe("approval_required");
});

describe("a call in rounds", () => {
  const asks = (state: boolean) => (params: Loose) => {
    scene.called.modern.push(params);
    const isDone = params.inputResponses?.who !== undefined;
    if (isDone) return '{"resultType":"complete","content":[]}';
    const question =
      '"inputRequests":{"who":{"method":"elicitation/create","params":{"message":"who?","requestedSchema":{"type":"object","properties":{}}}}}';
    return `{"resultType":"input_required",${question}${state ? ',"requestState":"theirs"' : ""}}`;
  };
  const meta = { [metaKeys.clientCapabilities]: { elicitation: { form: {} } } };

  test.each([true, false])(
    "is asked about once, and each round is good once (the server has a state: %s)",
    async (state) => {
      const { modern } = scene.servers;
      const { script } = modern;
      modern.script = { ...script, "tools/call": asks(state) };
      try {
        const [stored] = [await scene.house.portals.get("main")];
        expect(stored).toBeDefined();
        await allowForms();
        const args = { arguments: argsOf({ state }) };
        const { approvalId } = (await last(await put("modern", args, { meta })))["error"].data;
        await decide(approvalId);
        const { result } = await last(await put("modern", args, { meta }));
        expect(result.resultType).toBe("input_required");
        const retry = {
          ...args,
          requestState: result.requestState,
          inputResponses: { who: { action: "accept", content: {} } },
        };
        expect(await outcome(await put("modern", retry, { meta }))).toEqual([200, "complete"]);
        expect(scene.called.modern.at(-1).requestState).toBe(state ? "theirs" : undefined);
        // The same round once more would be the call once more.
        expect(await outcome(await put("modern", retry, { meta }))).toEqual([200, "approval_required"]);
        expect(scene.called.modern.length).toBe(2);
      } finally {
        modern.script = script;
      }
    },
  );

  async function allowForms() {
    await scene.house.database.transaction(async (tx) => {
      const [row] = await tx.query<{ id: string }>(
        sql`update servers set client_features = '{elicitation_form}' where slug = 'modern' returning id`,
      );
      await tx.query(sql`insert into changes (topic, key) values ('servers', ${row?.id})`);
    });
    await scene.house.flush();
  }
});

test("the record names the request, and what rules made of the call", async () => {
  const { approvalId } = (await last(await put("modern")))["error"].data;
  await decide(approvalId);
  await (
    await put("modern")
  ).all;
  const records = (await scene.house.records()).slice(-2);
  expect(
    records.map(({ approvalId: id, policy, outcome: end, stage }) => ({ id, policy, end, stage })),
  ).toEqual([
    { id: approvalId, policy: { outcome: "ask", rules: ["two-eyes"] }, end: "refused", stage: "approve" },
    { id: approvalId, policy: { outcome: "ask", rules: ["two-eyes"] }, end: "ok", stage: undefined },
  ]);
});
