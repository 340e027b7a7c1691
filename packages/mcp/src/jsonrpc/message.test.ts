import { isFault } from "@castellan/kernel";
import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeBody, memberText, parseMessage } from "./message.ts";

function refusal(text: string) {
  try {
    parseMessage(text);
    return "accepted";
  } catch (error) {
    if (isFault(error)) return [error.code, error.field].filter(Boolean).join(" ");
    throw error;
  }
}

test.each([
  ["", "json_malformed"],
  ["{", "json_malformed"],
  ["null", "message_invalid"],
  ['"x"', "message_invalid"],
  ["[]", "batch_unsupported"],
  ['[{"jsonrpc":"2.0","id":1,"method":"ping"}]', "batch_unsupported"],
  ["{}", "message_invalid jsonrpc"],
  ['{"jsonrpc":"1.0","id":1,"method":"ping"}', "message_invalid jsonrpc"],
  ['{"jsonrpc":"2.0","id":1,"method":7}', "message_invalid method"],
  ['{"jsonrpc":"2.0","id":1,"method":""}', "message_invalid method"],
  ['{"jsonrpc":"2.0","id":null,"method":"ping"}', "message_invalid id"],
  ['{"jsonrpc":"2.0","id":1.5,"method":"ping"}', "message_invalid id"],
  ['{"jsonrpc":"2.0","id":12345678901234567890,"method":"ping"}', "message_invalid id"],
  ['{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}', "message_invalid params"],
  ['{"jsonrpc":"2.0","id":1,"method":"ping","id":2}', "json_ambiguous"],
  ['{"jsonrpc":"2.0","id":1,"method":"ping","Method":"tools/call"}', "json_ambiguous"],
  ['{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a"},"PARAMS":{}}', "json_ambiguous"],
  ['{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","Name":"b"}}', "json_ambiguous"],
  [
    '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","argument\\u017f":{}}}',
    "json_ambiguous",
  ],
  [
    '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","ta\u017fk\u0049d":"b"}}',
    "json_ambiguous",
  ],
  [
    '{"jsonrpc":"2.0","id":1,"method":"completion/complete","params":{"ref":{"uri":"a","URI":"b"}}}',
    "json_ambiguous",
  ],
  ['{"jsonrpc":"2.0","id":1,"method":"x","params":{"arguments":{"Name":1,"name":2},"ID":1}}', "accepted"],
  ['{"jsonrpc":"2.0","id":1}', "message_invalid"],
  ['{"jsonrpc":"2.0","id":1,"result":{},"error":{"code":1,"message":""}}', "message_invalid"],
  ['{"jsonrpc":"2.0","id":1,"error":{"code":"x","message":""}}', "message_invalid error"],
  [
    `{"jsonrpc":"2.0","id":1,"method":"x","params":{"a":${"[".repeat(200)}${"]".repeat(200)}}}`,
    "json_too_deep",
  ],
])("%s is refused: %s", (text, expected) => {
  expect(refusal(text)).toBe(expected);
});

test("no text whatever makes anything but a message or a fault", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      expect(typeof refusal(text)).toBe("string");
    }),
  );
});

test("a request keeps its text to the letter", () => {
  const text =
    '{ "jsonrpc":"2.0", "id":"a", "method":"tools/call", "params": { "n":1234567890123456789, "e":1E400 } }';
  const message = parseMessage(text);
  expect(message).toMatchObject({ kind: "request", id: "a", method: "tools/call" });
  expect(memberText(message, "params")).toBe('{ "n":1234567890123456789, "e":1E400 }');
});

test("kinds are told apart", () => {
  expect(parseMessage('{"jsonrpc":"2.0","method":"notifications/initialized"}').kind).toBe("notification");
  expect(parseMessage('{"jsonrpc":"2.0","id":1,"result":{}}').kind).toBe("result");
  expect(parseMessage('{"jsonrpc":"2.0","error":{"code":-32700,"message":"x"}}')).toMatchObject({
    kind: "error",
    id: null,
  });
});

test("a body that is not UTF-8 is refused", () => {
  expect(() => decodeBody(new Uint8Array([0x22, 0xff, 0x22]))).toThrow(
    expect.objectContaining({ code: "json_malformed" }),
  );
});
