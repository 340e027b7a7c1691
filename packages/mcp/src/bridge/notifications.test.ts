import { expect, test } from "vitest";
import { withProgressToken, withSubscriptionId, withUri } from "./notifications.ts";

const progress =
  '{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"up", "progress":1E400}}';

test.each(['"down"', "1234567890123456789"])("progress goes on under the token %s", (token) => {
  expect(withProgressToken(progress, token)).toBe(progress.replace('"up"', token));
});

test.each([
  [
    '{"method":"m","params":{"uri":"u","_meta":{"x":1.0,"io.modelcontextprotocol/subscriptionId":7}}}',
    '{"method":"m","params":{"uri":"u","_meta":{"x":1.0,"io.modelcontextprotocol/subscriptionId":"a"}}}',
  ],
  [
    '{"method":"m","params":{"\\u005fmeta":{"io.modelcontextprotocol\\u002fsubscriptionId":7}}}',
    '{"method":"m","params":{"\\u005fmeta":{"io.modelcontextprotocol\\u002fsubscriptionId":"a"}}}',
  ],
  [
    '{"method":"m","params":{"_meta":"hostile","n":1E400}}',
    '{"method":"m","params":{"_meta":{"io.modelcontextprotocol/subscriptionId":"a"},"n":1E400}}',
  ],
  ['{"method":"m"}', '{"params":{"_meta":{"io.modelcontextprotocol/subscriptionId":"a"}},"method":"m"}'],
])("the stream's id is put into %s", (text, expected) => {
  expect(withSubscriptionId(text, "a")).toBe(expected);
});

test("an update speaks of the resource by the caller's URI", () => {
  const text = '{"method":"notifications/resources/updated","params":{"uri" : "a:b", "x":1E400}}';
  expect(withUri(text, 'gw+s:"a')).toBe(text.replace('"a:b"', '"gw+s:\\"a"'));
});
