/** A call that code makes passes every stage that its caller's own call would, is refused by each as that would be, and is on record. */
import { accessFaults, endGrant } from "@castellan/access";
import { auditFaults } from "@castellan/audit";
import { callFaults, childCalls, errandNoteOf, type ChildOutcome } from "@castellan/calls";
import { credentialFaults } from "@castellan/credentials";
import { sql } from "@castellan/database";
import { createId, isFault, type Fault } from "@castellan/kernel";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { openScene, rule, allScopes, type Scene } from "../policy/scene.ts";
import { parsed, sayModern, type Door, type Loose } from "../portal/client.ts";
import { gist, testCode, toolCall, type Program } from "./program.ts";

const code = testCode();
let scene: Scene;
beforeAll(async () => {
  scene = await openScene({ codemode: code.port });
});
beforeEach(() => {
  scene.house.setRules();
  for (const calls of Object.values(scene.called)) calls.length = 0;
});
afterAll(async () => {
  const { faults, errors } = scene.house;
  await scene[Symbol.asyncDispose]();
  expect([faults, errors]).toEqual([[], []]);
});

/** Runs it as the code of a call; what it answered, and the call's own record and those of its children, in order. */
async function run(
  program: Program,
  { door = scene.door, query = "" }: { door?: Door; query?: string } = {},
) {
  code.program = program;
  const url = `${door.url}?codemode=search_and_execute${query}`;
  const heard = await sayModern({ ...door, url }, "tools/call", {
    name: "portal_codemode_execute",
    arguments: { code: "" },
  });
  return parsed((await heard.all).at(-1));
}

/** What became of each of these calls, one after the other. */
async function gists(
  requests: readonly ReturnType<typeof toolCall>[],
  more: Parameters<typeof run>[1] = {},
): Promise<string[]> {
  const found: ChildOutcome[] = [];
  await run(async ({ children }) => {
    for (const request of requests) found.push(await children.call(request));
    return "{}";
  }, more);
  return found.map(gist);
}

const recordsOf = async (parent: string) =>
  (await scene.house.records()).filter(({ parentCallId }) => parentCallId === parent);

test("servers of both eras answer as they came, each call on record as a child of the one that the code ran for", async () => {
  let outcomes: ChildOutcome[] = [];
  let parent = "";
  await run(async ({ call, children }) => {
    parent = call.id;
    outcomes = await Promise.all([
      children.call(toolCall("legacy_look", { a: 1 })),
      children.call(toolCall("modern_put", { b: "ü" })),
      children.call({ ...toolCall(""), method: "resources/read", params: '{"uri":"legacy://1"}' }),
    ]);
    return "{}";
  });
  expect(outcomes.map(({ answer, class: toolClass, fault }) => [answer?.kind, toolClass, fault])).toEqual([
    ["result", "read", undefined],
    ["result", "write", undefined],
    ["error", "read", undefined],
  ]);
  expect(parsed(outcomes[1]?.answer?.text)).toEqual({ content: [], resultType: "complete" });
  expect(scene.called.legacy).toEqual([{ name: "look", arguments: { a: 1 } }]);
  expect(scene.called.modern[0]).toMatchObject({
    name: "put",
    arguments: { b: "ü" },
    _meta: { "io.modelcontextprotocol/clientCapabilities": {} },
  });
  const records = await recordsOf(parent);
  expect(
    records.map((one) => [one.method, one.target, one.server, one.class, one.outcome, one.era]).toSorted(),
  ).toEqual([
    ["resources/read", "legacy://1", "legacy", "read", "error", "modern"],
    ["tools/call", "legacy_look", "legacy", "read", "ok", "modern"],
    ["tools/call", "modern_put", "modern", "write", "ok", "modern"],
  ]);
  const own = (await scene.house.records()).find(({ id }) => id === parent);
  expect(own).toMatchObject({ target: "portal_codemode_execute", outcome: "ok" });
  for (const one of records)
    expect([one.principalId, one.clientName, one.clientAddress, one.requestId, one.portal]).toEqual([
      own?.principalId,
      "tester",
      own?.clientAddress,
      own?.requestId,
      "main",
    ]);
});

test("what a caller never gets is unknown to their code, what they do not get from here is refused by the rule", async () => {
  scene.house.setRules(
    rule("no-legacy", { action: "block", at: { servers: ["legacy"] } }),
    rule("no-drops", { at: { classes: ["destructive"] }, include: [{ country: "ZZ" }] }),
  );
  expect(await gists([toolCall("legacy_look"), toolCall("modern_drop"), toolCall("modern_look")])).toEqual([
    "tool_unknown",
    "policy_denied",
    "result",
  ]);
});

test("a token that was given less lets its code do less", async () => {
  const { token } = await scene.callers.grant(scene.ann, "main", ["portal:main", "portal:main:read"]);
  await scene.house.flush();
  const door = { ...scene.door, token };
  expect(await gists([toolCall("modern_put"), toolCall("modern_look")], { door })).toEqual([
    "insufficient_scope",
    "result",
  ]);
});

test("a connection that holds one server holds no other for its code", async () => {
  expect(
    await gists([toolCall("modern_look"), toolCall("legacy_look")], { query: "&servers=modern" }),
  ).toEqual(["result", "tool_unknown"]);
});

test("a token that is revoked while the code runs is good for no further call of it", async () => {
  const { token, grantId } = await scene.callers.grant(scene.ann, "main", allScopes);
  await scene.house.flush();
  const found: string[] = [];
  await run(
    async ({ children }) => {
      found.push(gist(await children.call(toolCall("modern_look"))));
      await endGrant(scene.house.database, grantId, { now: new Date() });
      await scene.house.flush();
      found.push(gist(await children.call(toolCall("modern_look"))));
      return "{}";
    },
    { door: { ...scene.door, token } },
  );
  expect(found).toEqual(["result", "token_invalid"]);
  expect(scene.called.modern.length).toBe(1);
});

test("a call that is under way ends when its caller is let in no more", async () => {
  const { token, grantId } = await scene.callers.grant(scene.ann, "main", allScopes);
  await scene.house.flush();
  const { modern } = scene.servers;
  const before = modern.script;
  const arrived = Promise.withResolvers<void>();
  const gaveUp = Promise.withResolvers<void>();
  modern.script = {
    ...before,
    "tools/call": (_, { signal }) => {
      arrived.resolve();
      signal.addEventListener("abort", () => gaveUp.resolve());
      return new Promise<never>(() => undefined);
    },
  };
  let found = "";
  const running = run(
    async ({ children }) => {
      found = gist(await children.call(toolCall("modern_look")));
      return "{}";
    },
    { door: { ...scene.door, token } },
  );
  await arrived.promise;
  await endGrant(scene.house.database, grantId, { now: new Date() });
  await gaveUp.promise;
  await running;
  modern.script = before;
  expect(found).toBe("token_invalid");
});

test("an access token that runs out meanwhile does not end what its grant lets go on, with no more scopes than it had", async () => {
  const clientId = "https://client.example/app.json";
  const { grantId } = await scene.callers.grant(scene.ann, "main", allScopes);
  const token = await scene.callers.token({
    grantId,
    clientId,
    portal: "main",
    scopes: ["portal:main", "portal:main:read"],
  });
  const found: string[] = [];
  await run(
    async ({ children }) => {
      // As if an hour had gone by.
      await scene.house.database.transaction(async (tx) => {
        await tx.query(sql`update access_tokens set expires_at = now() where grant_id = ${grantId}`);
        await tx.query(sql`select pg_notify('nothing', '')`);
      });
      await expireHere();
      for (const name of ["modern_look", "modern_put"]) found.push(gist(await children.call(toolCall(name))));
      await endGrant(scene.house.database, grantId, { now: new Date() });
      await scene.house.flush();
      found.push(gist(await children.call(toolCall("modern_look"))));
      return "{}";
    },
    { door: { ...scene.door, token } },
  );
  expect(found).toEqual(["result", "insufficient_scope", "token_invalid"]);
});

/** What replicas know of Ann's tokens is read again. */
async function expireHere(): Promise<void> {
  const { people } = scene.callers;
  await people.change(scene.ann.id, { name: `Ann ${createId("request")}` }, { by: "owner" });
  await scene.house.flush();
}

test("a server that a person must open a page for says so, and the call goes through once afterwards", async () => {
  scene.house.setRules(
    rule("two-eyes", {
      action: "require_approval",
      at: { classes: ["write"] },
      approval: { deciders: { groups: ["leads"] }, holdsSeconds: 0 },
    }),
  );
  const write = () => toolCall("modern_put", { amount: 3 });
  let asked: ChildOutcome | undefined;
  await run(async ({ children }) => {
    asked = await children.call(write());
    return "{}";
  });
  const { approvalId, elicitations }: Loose = asked?.fault?.data ?? {};
  expect([asked?.fault?.code, elicitations]).toEqual([
    "approval_required",
    [
      {
        mode: "url",
        elicitationId: expect.any(String) as string,
        url: `http://127.0.0.1/approvals/${approvalId}`,
        message: 'tools/call of "modern_put" has to wait: a person has to approve it (two-eyes).',
      },
    ],
  ]);
  const request = await scene.house.approvals.find(approvalId);
  expect(request).toMatchObject({
    subject: { server: "modern", method: "tools/call", target: "modern_put", name: "put", class: "write" },
    asker: { id: scene.ann.id, client: "App (https://client.example/app.json)" },
  });
  await scene.house.approvals.decide(approvalId, { by: scene.lead, yes: true, reason: undefined });
  // A later pass of the same code, with other ids: the same call; and once.
  expect(await gists([write(), write()])).toEqual(["result", "approval_required"]);
  expect(scene.called.modern.length).toBe(1);
  // Nor is it another's: somebody with other arguments, or the caller themselves without code, asks anew.
  expect(await gists([toolCall("modern_put", { amount: 4 })])).toEqual(["approval_required"]);
});

test("a rate of each person counts what their code calls", async () => {
  await using limited = await openScene({ codemode: code.port, perPerson: { callsPerMinute: 3 } });
  const found = await gists(
    Array.from({ length: 4 }, () => toolCall("modern_look")),
    { door: limited.door },
  );
  expect(found).toEqual(["result", "result", "result", "rate_limited"]);
});

test("hundreds at once: some are under way at a time, all are made, in the order in which they were asked", async () => {
  let most = 0;
  let now = 0;
  const { modern } = scene.servers;
  const before = modern.script;
  modern.script = {
    ...before,
    "tools/call": async () => {
      most = Math.max(most, ++now);
      await new Promise(setImmediate);
      now--;
      return '{"resultType":"complete","content":[]}';
    },
  };
  let found: string[] = [];
  await run(async ({ children }) => {
    const all = Array.from({ length: 200 }, () => children.call(toolCall("modern_look")));
    found = (await Promise.all(all)).map(gist);
    return "{}";
  });
  modern.script = before;
  expect(found).toEqual(Array.from({ length: 200 }, () => "result"));
  expect(most).toBeLessThanOrEqual(16);
});

test("before anything is changed all that was done is on record, and whoever runs the code is told once", async () => {
  const told: unknown[] = [];
  let before = -1;
  await run(async ({ children, call }) => {
    const reads = Array.from({ length: 5 }, () => toolCall("modern_look"));
    for (const read of reads) await children.call(read);
    await children.call(
      toolCall(
        "legacy_put",
        {},
        {
          async onDispatch({ class: toolClass, target }) {
            before = (await recordsOf(call.id)).length;
            told.push([toolClass, target.capability.publicName, scene.called.legacy.length]);
          },
        },
      ),
    );
    return "{}";
  });
  expect([before, told, scene.called.legacy.length]).toEqual([5, [["write", "legacy_put", 0]], 1]);
});

test("a call that is made again on another line is told of once; one whose server then wants an account was not carried out", async () => {
  const told: string[] = [];
  const onDispatch = () => void told.push("told");
  const outcomes: ChildOutcome[] = [];
  const link = { id: createId("link"), reason: "not_linked", scopes: [], expiresAt: new Date(0) };
  await run(async ({ origin, ports }) => {
    const first = (...faults: Fault[]) =>
      childCalls(origin, {
        ...ports,
        links: {
          ask: async ({ personId }) => ({ ...link, personId }) as never,
          findAll: () => Promise.reject(new TypeError("nobody looks")),
          settled: () => Promise.reject(new TypeError("nobody waits")),
          decline: () => Promise.reject(new TypeError("nobody declines")),
          pageOf: (id) => `http://127.0.0.1/links/${id}`,
        },
        upstreams: {
          ...ports.upstreams,
          modern(...of) {
            const fault = faults.shift();
            const channel = ports.upstreams.modern(...of);
            return fault ? { ...channel, request: () => Promise.reject(fault) } : channel;
          },
        },
      });
    const moved = callFaults.fault("account_changed", "another account by now");
    const wanted = credentialFaults.fault("link_required", "no account", { data: { reason: "not_linked" } });
    outcomes.push(await first(moved).call(toolCall("modern_put", {}, { onDispatch })));
    outcomes.push(await first(moved, wanted).call(toolCall("modern_put", {}, { onDispatch })));
    return "{}";
  });
  const [again, linking] = outcomes;
  expect([again && gist(again), told, scene.called.modern.length]).toEqual(["result", ["told", "told"], 1]);
  expect(linking?.fault && errandNoteOf(linking.fault)).toEqual({
    kind: "link",
    id: link.id,
    url: `http://127.0.0.1/links/${link.id}`,
    message: '"The modern server" is used with your own account there: sign in first.',
  });
});

test("what whoever runs the code does not let go does not go", async () => {
  const refusal = accessFaults.fault("grant_not_found", "not now");
  const onDispatch = () => Promise.reject(refusal);
  let outcome: ChildOutcome | undefined;
  await run(async ({ children }) => {
    outcome = await children.call(toolCall("modern_put", {}, { onDispatch }));
    return "{}";
  });
  expect([outcome?.fault, scene.called.modern]).toEqual([refusal, []]);
});

test("code that is ended ends its calls, those that have not begun among them", async () => {
  const end = new AbortController();
  const found = await new Promise<string[]>((resolve) => {
    void run(async ({ children }) => {
      const { signal } = end;
      const all = Array.from({ length: 20 }, () => children.call(toolCall("modern_look", {}, { signal })));
      end.abort(new Error("out of time"));
      resolve((await Promise.all(all)).map(gist));
      return "{}";
    });
  });
  expect(found).toEqual(Array.from({ length: 20 }, () => "cancelled"));
});

test("code goes on without the request that began it, as its caller is by then", async () => {
  const narrow = ["portal:main", "portal:main:read", "portal:main:write"];
  const { token, grantId } = await scene.callers.grant(scene.ann, "main", narrow);
  await scene.house.flush();
  const found: string[] = [];
  const child = toolCall("modern_look");
  let parent = "";
  await run(
    async ({ origin, ports }) => {
      parent = origin.callId;
      const later = childCalls({ ...origin, authorization: undefined, requestId: "req_later" }, ports);
      const next = async (name: string) => found.push(gist(await later.call(toolCall(name))));
      found.push(gist(await later.call(child)));
      for (const name of ["modern_drop", "legacy_put"]) await next(name);
      await endGrant(scene.house.database, grantId, { now: new Date() });
      await scene.house.flush();
      await next("modern_look");
      const nobody = childCalls({ ...origin, authorization: undefined, standing: undefined }, ports);
      found.push(gist(await nobody.call(toolCall("modern_look"))));
      await later.recorded();
      return "{}";
    },
    { door: { ...scene.door, token } },
  );
  expect(found).toEqual(["result", "insufficient_scope", "result", "token_invalid", "token_missing"]);
  expect((await scene.house.records()).find(({ id }) => id === child.id)).toMatchObject({
    parentCallId: parent,
    requestId: "req_later",
    principalId: scene.ann.id,
    clientId: "https://client.example/app.json",
  });
});

test("what could not be recorded is told before anything leaves, and nothing more is done", async () => {
  const failure = auditFaults.fault("audit_unavailable", "no disk");
  const found: string[] = [];
  let told: unknown;
  await run(async ({ origin, ports }) => {
    const append = () => Promise.reject(failure);
    const children = childCalls(origin, { ...ports, audit: { append, hasten: () => {} } });
    found.push(gist(await children.call(toolCall("modern_look"))));
    told = await children.recorded().catch((error: unknown) => error);
    for (const name of ["modern_look", "modern_put"]) found.push(gist(await children.call(toolCall(name))));
    return "{}";
  });
  expect([told, found]).toEqual([failure, ["result", "audit_unavailable", "audit_unavailable"]]);
  expect(scene.called.modern.length).toBe(1);
});

test("a write does not go while what came before it is not on record", async () => {
  const committed = Promise.withResolvers<void>();
  const failure = auditFaults.fault("audit_overloaded", "full");
  let outcome: ChildOutcome | undefined;
  await run(async ({ origin, ports }) => {
    const append = () => committed.promise;
    const children = childCalls(origin, { ...ports, audit: { append, hasten: () => {} } });
    await children.call(toolCall("modern_look"));
    const writing = children.call(toolCall("modern_put"));
    await children.call(toolCall("modern_look"));
    expect(scene.called.modern.map(({ name }) => name)).toEqual(["look", "look"]);
    committed.reject(failure);
    outcome = await writing;
    return "{}";
  });
  expect(isFault(outcome?.fault, "audit_overloaded")).toBe(true);
  expect(scene.called.modern.map(({ name }) => name)).toEqual(["look", "look"]);
});
