import { parseMessage, type ResponseMessage } from "@castellan/mcp";
import { expect, test } from "vitest";
import { Questions } from "./questions.ts";

function open() {
  let count = 0;
  const happened: string[] = [];
  const questions = new Questions(() => `q${++count}`);
  const ask = (params?: string) => {
    const name = `q${count + 1}`;
    return questions.ask({
      method: "elicitation/create",
      params,
      onAnswer: () => void happened.push(`${name} answered`),
      onProgress: () => void happened.push(`${name} goes on`),
      onGone: () => void happened.push(`${name} gone`),
    });
  };
  const answer = (id: string) =>
    questions.reply(parseMessage(`{"jsonrpc":"2.0","id":"${id}","result":{}}`) as ResponseMessage);
  return { questions, happened, ask, answer };
}

test("a question is answered once, and not at all when it was given up or the session has ended", async () => {
  const { questions, happened, ask, answer } = open();
  const [, second] = [ask(), ask(), ask()];
  second?.[Symbol.dispose]();
  for (const id of ["q1", "q1", "q2", "q9"]) await answer(id);
  questions.close();
  questions.close();
  await answer("q3");
  expect(happened).toEqual(["q1 answered", "q3 gone"]);
});

test("of many questions, or of long ones, the oldest are given up; room that was given back counts", async () => {
  const { happened, ask, answer } = open();
  for (let n = 0; n < 257; n++) ask();
  expect(happened.splice(0)).toEqual(["q1 gone"]);

  const long = open();
  const params = JSON.stringify({ message: "x".repeat(5 * 1024 * 1024) });
  for (let n = 0; n < 3; n++) long.ask(params);
  expect(long.happened).toEqual([]);
  await long.answer("q2");
  long.ask(params);
  expect(long.happened).toEqual(["q2 answered"]);
  long.ask(params);
  expect(long.happened).toEqual(["q2 answered", "q1 gone"]);
  // One that is longer than all may be together is asked by itself.
  long.ask(JSON.stringify({ message: "x".repeat(20 * 1024 * 1024) }));
  expect(long.happened.slice(2)).toEqual(["q3 gone", "q4 gone", "q5 gone"]);
  await long.answer("q6");
  expect(long.happened.at(-1)).toBe("q6 answered");
  await answer("q2");
});
