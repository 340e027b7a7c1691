import { parseMessage, type RequestMessage } from "@castellan/mcp";
import { expect, test } from "vitest";
import type { Admitted, Answer, ForwardTarget, Resolved } from "../call.ts";
import { announce, announcementKey } from "./announce.ts";
import type { CallPorts } from "./stage.ts";

const told: Answer = { kind: "result", text: "{}", outcome: "ok", code: "input_required" };

function request(method: string, params: object): RequestMessage {
  const message = parseMessage(JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }));
  if (message.kind !== "request") throw new Error("no request");
  return message;
}

/** What the stage makes of it, and how often the portal was asked. */
async function run(
  era: "legacy" | "modern",
  target: Pick<ForwardTarget, "request"> | { kind: "one-way" },
  answer: Answer | null = told,
) {
  let asked = 0;
  const portal = {
    announce() {
      asked += 1;
      return answer ? Promise.resolve(answer) : undefined;
    },
  };
  const call = { protocol: { era }, portal, target: { kind: "forward", ...target } };
  const added = await announce.run(call as unknown as Admitted & Resolved, {} as CallPorts);
  const forwarded = added.target as ForwardTarget | undefined;
  return { asked, answer: added.answer, params: forwarded?.request.params };
}

const args = { name: "t", arguments: { n: 1 } };

test.each(["legacy", "modern"] as const)("%s: a call of a tool is told of, and nothing else", async (era) => {
  expect(await run(era, { request: request("tools/call", args) })).toEqual({ asked: 1, answer: told });
  expect((await run(era, { request: request("prompts/get", { name: "p" }) })).asked).toBe(0);
  expect((await run(era, { kind: "one-way" })).asked).toBe(0);
  expect(await run(era, { request: request("tools/call", args) }, null)).toEqual({ asked: 1 });
});

test.each(["accept", "decline", "cancel"])(
  "modern: %s goes on, and the server hears nothing of it",
  async (action) => {
    const inputResponses = { [announcementKey]: { action } };
    const answered = request("tools/call", { ...args, inputResponses });
    expect(await run("modern", { request: answered })).toEqual({ asked: 0, params: args });
  },
);

test("answers to others are theirs", async () => {
  const round = { inputResponses: { q: { action: "accept" } }, requestState: "s" };
  expect((await run("modern", { request: request("tools/call", { ...args, ...round }) })).params).toBe(
    undefined,
  );
  const ours = { inputResponses: { [announcementKey]: {} } };
  expect((await run("legacy", { request: request("tools/call", { ...args, ...ours }) })).params).toBe(
    undefined,
  );
});
