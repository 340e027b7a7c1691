import { createManualClock } from "@castellan/kernel";
import { notificationText, parseMessage, requestText } from "@castellan/mcp";
import { expect, test } from "vitest";
import { MinuteBudget, QuestionBudget } from "./question-budget.ts";

const question = parseMessage(requestText(1, "roots/list", "{}"));
const others = [parseMessage(requestText(1, "ping", "{}")), parseMessage(notificationText("x/y"))];
const tooMany = expect.objectContaining({ code: "upstream_invalid" }) as Error;

test("questions are counted, and nothing else is", () => {
  const budget = new QuestionBudget(2);
  for (const message of [question, ...others, ...others, question, ...others]) budget.count(message);
  expect(() => budget.count(question)).toThrow(tooMany);
});

test("a stream may bring so many questions a minute, for as long as it lasts", () => {
  const clock = createManualClock();
  const budget = new MinuteBudget(clock);
  for (let minute = 0; minute < 3; minute++) {
    for (let n = 0; n < 256; n++) budget.count(question);
    expect(() => budget.count(question)).toThrow(tooMany);
    clock.advance(60_000);
  }
});
