import { expect, test } from "vitest";
import { toLegacyError, toModernError, withoutPages } from "./errors.ts";

test.each([
  [
    "resources/read",
    '{"code":-32002 ,"message":"no","data":{"n":1E400}}',
    '{"code":-32602 ,"message":"no","data":{"n":1E400}}',
  ],
  ["resources/read", '{"message":"no","\\u0063ode":-3.2002e4}', '{"message":"no","\\u0063ode":-32602}'],
  // Elsewhere the code is the server's own.
  ["tools/call", '{"code":-32002,"message":"no"}', '{"code":-32002,"message":"no"}'],
  ["tools/call", '{"code":-32022,"message":"no"}', '{"code":-32000,"message":"no"}'],
  ["tools/call", '{"code":-32042,"message":"no"}', '{"code":-32042,"message":"no"}'],
  ["tools/call", '{"code":7.0,"message":"no"}', '{"code":7.0,"message":"no"}'],
])("%s: %s to a modern caller is %s", (method, error, expected) => {
  expect(toModernError(error, method)).toBe(expected);
});

test.each([
  [
    '{"code":-32021,"message":"no","data":{"requiredCapabilities":{"n":1E400}}}',
    '{"code":-32000,"message":"no","data":{"requiredCapabilities":{"n":1E400}}}',
  ],
  ['{"code":-32602,"message":"no"}', '{"code":-32602,"message":"no"}'],
])("%s to a legacy caller is %s", (error, expected) => {
  expect(toLegacyError(error)).toBe(expected);
});

test("an error cannot have pages opened where nobody looked at them", () => {
  expect(withoutPages('{"message":"no","\\u0063ode":-3.2042e4,"data":{"n":1E400}}')).toBe(
    '{"message":"no","\\u0063ode":-32000,"data":{"n":1E400}}',
  );
  expect(withoutPages('{"code":-32602 }')).toBe('{"code":-32602 }');
});
