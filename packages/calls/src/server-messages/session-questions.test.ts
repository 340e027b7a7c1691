import { parseMessage, requestText, type RequestMessage } from "@castellan/mcp";
import { expect, test } from "vitest";
import type { ClientQuestion } from "../call.ts";
import { sessionQuestions } from "./session-questions.ts";

/** A session whose client answers when the test says so, and a line that keeps what it is sent. */
function scene(patienceMs?: number) {
  const open = new Map<string, ClientQuestion>();
  const sent = Promise.withResolvers<string>();
  const said: string[] = [];
  let lastId = 0;
  const questions = sessionQuestions({
    session: {
      ask(question) {
        const id = `own-${++lastId}`;
        open.set(id, question);
        const text = requestText(id, question.method, question.params);
        return { id, text, [Symbol.dispose]: () => open.delete(id) };
      },
    },
    channel: { send: (text) => Promise.resolve(sent.resolve(text)) },
    say: (text) => said.push(text) > 0,
    ...(patienceMs !== undefined && { patienceMs }),
  });
  const ask = (id: number) =>
    questions.ask(parseMessage(requestText(id, "roots/list", "{}")) as RequestMessage);
  return { questions, open, sent: sent.promise, said, ask };
}

test("a question that is never answered is answered in the client's place", async () => {
  const { ask, open, sent } = scene(1);
  await ask(7);
  expect(JSON.parse(await sent)).toMatchObject({ id: 7, error: { code: -32000 } });
  expect(open.size).toBe(0);
});

test("a server that asks under the same id for ever has one question open", async () => {
  const { ask, open, questions, sent } = scene();
  for (let n = 0; n < 100; n++) await ask(7);
  expect([...open.keys()]).toEqual(["own-100"]);
  const answer = parseMessage('{"jsonrpc":"2.0","id":"own-100","result":{"roots":[],"n":1E400}}');
  if (answer.kind === "result") await open.get("own-100")?.onAnswer(answer);
  expect(await sent).toBe('{"jsonrpc":"2.0","id":7,"result":{"roots":[],"n":1E400}}');
  questions[Symbol.dispose]();
  expect(open.size).toBe(0);
});
