import { kernelFaults } from "@castellan/kernel";
import { Agent } from "undici";
import { expect, onTestFinished, test } from "vitest";
import { defaultUpstreamLimits, type UpstreamTarget } from "./channel.ts";
import type { UpstreamCredentials } from "./credentials.ts";
import { findServer } from "./find-server.ts";
import { listAll } from "./list.ts";
import type { LocalReply, LocalRequest, LocalServer } from "./local-server.ts";
import { createModernChannel } from "./modern.ts";

const identity = { name: "test", version: "0" };
const signal = new AbortController().signal;

const hello = {
  resultType: "complete",
  supportedVersions: ["2026-07-28"],
  capabilities: { tools: {} },
  serverInfo: { name: "api", version: "1" },
};

/** A server with one tool, which says what it was sent; `answer` may say something else of a call. */
function openServer(answer?: (request: LocalRequest) => Promise<LocalReply> | undefined) {
  const seen: { method: string; headers: Readonly<Record<string, string>> }[] = [];
  const server: LocalServer = async (request) => {
    const { id, method } = JSON.parse(request.text) as { id: number; method: string };
    seen.push({ method, headers: request.headers });
    const own = method === "tools/call" ? answer?.(request) : undefined;
    if (own) return own;
    const results: Record<string, object> = {
      "server/discover": hello,
      "tools/list": { resultType: "complete", tools: [{ name: "a", inputSchema: { type: "object" } }] },
      "tools/call": { resultType: "complete", content: [{ type: "text", text: "ä".repeat(100_000) }] },
    };
    const body = JSON.stringify({ jsonrpc: "2.0", id, result: results[method] });
    return { status: 200, headers: { "content-type": "application/json" }, body };
  };
  return { server, seen };
}

function targetOf(local: LocalServer, credentials?: UpstreamCredentials): UpstreamTarget {
  const dispatcher = new Agent();
  onTestFinished(() => dispatcher.close());
  return {
    url: new URL("https://api.example/v1"),
    dispatcher,
    headers: { "x-team": "blue", "x-both": "admin" },
    credentials,
    limits: defaultUpstreamLimits,
    local,
  };
}

test("it is found by its own word, without credentials, in the modern era only", async () => {
  const { server, seen } = openServer();
  const credentials: UpstreamCredentials = {
    headers: () => Promise.reject(new Error("not to be asked")),
    refused: () => Promise.resolve("final"),
  };
  const found = await findServer(targetOf(server, credentials), identity, signal, "auto");
  expect([found.legacy, found.below, found.faults]).toEqual([undefined, undefined, {}]);
  if (!found.modern) throw new Error("not found");
  expect(found.modern.hello.capabilities).toEqual({ tools: {} });
  const list = { method: "tools/list", member: "tools" } as const;
  expect(await listAll(found.modern, list, identity, signal)).toHaveLength(1);
  expect(seen).toEqual([
    { method: "server/discover", headers: { "x-team": "blue", "x-both": "admin" } },
    { method: "tools/list", headers: { "x-team": "blue", "x-both": "admin" } },
  ]);
});

test("a call brings what credentials and an admin gave, and no header of the protocol", async () => {
  const { server, seen } = openServer();
  const credentials: UpstreamCredentials = {
    headers: () => Promise.resolve({ authorization: "Bearer t", "x-both": "credentials" }),
    refused: () => Promise.resolve("final"),
  };
  const channel = lineTo(targetOf(server, credentials));
  const answer = await channel.request(call());
  expect(answer.kind === "result" && JSON.stringify(answer.result).length).toBeGreaterThan(100_000);
  expect(seen).toEqual([
    {
      method: "tools/call",
      headers: { "x-team": "blue", "x-both": "credentials", authorization: "Bearer t" },
    },
  ]);
});

test("a 401 leads to other credentials, as a server's does", async () => {
  const refusals: unknown[] = [];
  let token = "old";
  const { server, seen } = openServer(({ headers }) =>
    headers["authorization"] === "Bearer new"
      ? undefined
      : Promise.resolve({ status: 401, headers: { "www-authenticate": 'Bearer realm="x"' }, body: "" }),
  );
  const channel = lineTo(
    targetOf(server, {
      headers: () => Promise.resolve({ authorization: `Bearer ${token}` }),
      refused(refusal) {
        refusals.push(refusal);
        token = "new";
        return Promise.resolve("retry");
      },
    }),
  );
  expect((await channel.request(call())).kind).toBe("result");
  expect(refusals).toEqual([{ status: 401, challenge: 'Bearer realm="x"' }]);
  expect(seen).toHaveLength(2);
});

test("what it throws is told as it is, and a call that is given up does not wait for it", async () => {
  const fault = kernelFaults.fault("internal_error", "broken");
  const failing = lineTo(targetOf(openServer(() => Promise.reject(fault)).server));
  await expect(failing.request(call())).rejects.toBe(fault);

  const defect = new TypeError("a defect");
  const defective = lineTo(targetOf(openServer(() => Promise.reject(defect)).server));
  await expect(defective.request(call())).rejects.toBe(defect);

  const leaving = new AbortController();
  const silent = lineTo(
    targetOf(
      openServer(() => {
        leaving.abort();
        return new Promise(() => undefined);
      }).server,
    ),
  );
  await expect(silent.request(call(leaving.signal))).rejects.toMatchObject({ code: "cancelled" });
});

function lineTo(target: UpstreamTarget) {
  return createModernChannel(target, { version: "2026-07-28", capabilities: {}, resultText: "{}" });
}

function call(given: AbortSignal = signal) {
  return { method: "tools/call", name: "a", params: '{"name":"a","arguments":{}}', signal: given };
}
