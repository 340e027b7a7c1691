import { expect, test } from "vitest";
import { withoutLongSecrets, withoutSecrets } from "./without-secrets.ts";

const headers = {
  authorization: "Bearer abcdef$&12",
  "x-key": "abcdef$&12-longer",
  cookie: "a=1; session=xyz",
};

test.each([
  ["No such key: Bearer abcdef$&12", "No such key: …"],
  ["No such key: abcdef$&12.", "No such key: …."],
  ["abcdef$&12-longer, abcdef$&12", "…, …"],
  ["The session=xyz is over", "The … is over"],
  ["Bearer tokens only; a=1", "Bearer tokens only; a=1"],
])("%s → %s", (said, shown) => {
  expect(withoutSecrets(said, headers)).toBe(shown);
});

test("without headers the words stay what they are", () => {
  expect(withoutSecrets("No such key", {})).toBe("No such key");
});

test("of a definition only what is as long as a token is taken out", () => {
  const sent = new Set(["Bearer 0123456789abcdef", "Basic c2hvcnQ="]);
  const text = '{"a":"Bearer 0123456789abcdef","b":"is 0123456789abcdef","c":"Basic c2hvcnQ=, c2hvcnQ="}';
  expect(withoutLongSecrets(text, sent)).toBe('{"a":"…","b":"is …","c":"Basic c2hvcnQ=, c2hvcnQ="}');
});
