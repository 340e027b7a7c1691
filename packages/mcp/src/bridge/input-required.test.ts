import { codePoint } from "@castellan/kernel/testing";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseMessage, resultText, type ResultMessage } from "../jsonrpc/message.ts";
import {
  inputRequiredText,
  inputResponsesOf,
  maxInputRequests,
  parseInputRequired,
  requestStateOf,
  withRequestState,
} from "./input-required.ts";

function parse(result: string) {
  return parseInputRequired(parseMessage(resultText(1, result)) as ResultMessage);
}

test.each([
  "{}",
  '{"resultType":"complete","requestState":"s"}',
  '{"resultType":"task"}',
  '{"resultType":1}',
])("%s requires no input", (result) => {
  expect(parse(result)).toBeUndefined();
});

test("questions and state are as they came", () => {
  const result =
    '{ "resultType":"input\\u005frequired", "\\u0069nputRequests": {"k\\u0031": {"method":"elicitation/create", "params": {"n":1E400} , "x":1},' +
    ' "constructor":{"method":"roots/list"}}, "requestState" : "a\\u0062\\/" }';
  expect(parse(result)).toEqual({
    requests: [
      { key: "k1", method: "elicitation/create", params: '{"n":1E400}' },
      { key: "constructor", method: "roots/list", params: undefined },
    ],
    state: '"a\\u0062\\/"',
  });
});

test("a state without questions is enough, and questions without a state", () => {
  expect(parse('{"resultType":"input_required","requestState":""}')).toEqual({ requests: [], state: '""' });
  expect(parse('{"resultType":"input_required","inputRequests":{"a":{"method":"roots/list"}}}')).toEqual({
    requests: [{ key: "a", method: "roots/list", params: undefined }],
    state: undefined,
  });
});

function questions(count: number): string {
  const entries = Array.from({ length: count }, (_, at) => `"${at}":{"method":"roots/list"}`);
  return `{"resultType":"input_required","inputRequests":{${entries.join(",")}}}`;
}

test("the number of questions is bounded", () => {
  expect(parse(questions(maxInputRequests))?.requests.length).toBe(maxInputRequests);
  expect(() => parse(questions(maxInputRequests + 1))).toThrow(
    expect.objectContaining({ code: "upstream_invalid" }),
  );
});

test.each([
  "",
  ',"inputRequests":{}',
  ',"inputRequests":null',
  ',"inputRequests":[]',
  ',"inputRequests":{"a":null}',
  ',"inputRequests":{"a":{}}',
  ',"inputRequests":{"a":{"method":""}}',
  ',"inputRequests":{"a":{"method":"roots/list","params":[]}}',
  ',"inputRequests":{"a":{"method":"roots/list","params":null}}',
  ',"inputRequests":{"a":"roots/list"},"requestState":"s"',
  ',"requestState":1',
  ',"inputRequests":{"a":{"method":"roots/list"}},"requestState":null',
])("input_required%s is refused", (members) => {
  expect(() => parse(`{"resultType":"input_required"${members}}`)).toThrow(
    expect.objectContaining({ code: "upstream_invalid" }),
  );
});

test("what is written is read again", () => {
  const key = fc.string({ unit: codePoint, maxLength: 8 }).filter((name) => name !== "__proto__");
  const params = fc.option(fc.constantFrom("{}", '{ "n" : 1234567890123456789 }', '{"a":"}\\""}'), {
    nil: undefined,
  });
  const request = fc.record({ key, method: fc.constantFrom("roots/list", 'x/\u2028"y'), params });
  fc.assert(
    fc.property(
      fc.uniqueArray(request, { selector: ({ key: name }) => name, maxLength: 5 }),
      fc.option(
        fc.string({ unit: codePoint }).map((state) => JSON.stringify(state)),
        { nil: undefined },
      ),
      (requests, state) => {
        fc.pre(requests.length > 0 || state !== undefined);
        expect(parse(inputRequiredText(requests, state))).toEqual({ requests, state });
      },
    ),
  );
});

test("answers are found by key, each as it came", () => {
  expect(inputResponsesOf(undefined)).toBeUndefined();
  expect(inputResponsesOf('{"name":"a"}')).toBeUndefined();
  expect(inputResponsesOf('{"inputResponses":{}}')).toEqual(new Map());
  expect(inputResponsesOf('{"\\u0069nputResponses":{"\\u0061":{ "n":1E400 },"constructor":{}}}')).toEqual(
    new Map([
      ["a", '{ "n":1E400 }'],
      ["constructor", "{}"],
    ]),
  );
});

test.each([
  ['{"inputResponses":null}', "params.inputResponses"],
  ['{"inputResponses":[]}', "params.inputResponses"],
  ['{"inputResponses":{"a":{},"b":1}}', 'params.inputResponses["b"]'],
])("%s is refused for %s", (params, field) => {
  expect(() => inputResponsesOf(params)).toThrow(expect.objectContaining({ code: "params_invalid", field }));
});

test("a retry's state is a string, kept to the letter", () => {
  expect(requestStateOf(undefined)).toBeUndefined();
  expect(requestStateOf("{}")).toBeUndefined();
  expect(requestStateOf('{"requestState" : "\\u0061" }')).toBe('"\\u0061"');
  for (const text of ["null", "1", "{}"])
    expect(() => requestStateOf(`{"requestState":${text}}`)).toThrow(
      expect.objectContaining({ code: "params_invalid", field: "params.requestState" }),
    );
});

test("a state is put in another's place, or taken away", () => {
  const params = '{"name":"a", "requestState":"old", "n":1E400}';
  expect(withRequestState(params, '"new"')).toBe('{"name":"a", "requestState":"new", "n":1E400}');
  expect(withRequestState(params, undefined)).toBe('{"name":"a", "n":1E400}');
});
