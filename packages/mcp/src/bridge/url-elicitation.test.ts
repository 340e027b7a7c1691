import fc from "fast-check";
import { expect, test } from "vitest";
import { errorText, parseMessage, type ErrorMessage } from "../jsonrpc/message.ts";
import {
  elicitationUrlOf,
  isOpenableUrl,
  urlElicitationsOf,
  withElicitationId,
  withoutElicitationId,
} from "./url-elicitation.ts";

function elicitations(data: string, code = -32042) {
  const error = `{"code":${code},"message":"first","data":${data}}`;
  return urlElicitationsOf(parseMessage(errorText(1, error)) as ErrorMessage);
}

const params =
  '{"mode":"url","url":"https://a.example/\\u0062", "message":"m","elicitationId":"e","n":1E400}';

test("what a server wants done first is read, each to the letter", () => {
  expect(elicitations(`{"x":1,"\\u0065licitations":[ ${params} ,{"url":"u","message":"m"}]}`)).toEqual([
    { url: "https://a.example/b", message: "m", elicitationId: "e", params },
    { url: "u", message: "m", elicitationId: undefined, params: '{"mode":"url","url":"u","message":"m"}' },
  ]);
});

test.each([
  ["null"],
  ["[]"],
  ["{}"],
  ['{"elicitations":{}}'],
  ['{"elicitations":[]}'],
  ['{"elicitations":[null]}'],
  [`{"elicitations":[${params},{"url":"u"}]}`],
  ['{"elicitations":[{"url":1,"message":"m"}]}'],
  ['{"elicitations":[{"mode":"form","url":"u","message":"m"}]}'],
  [`{"elicitations":[${Array.from({ length: 65 }, () => params).join(",")}]}`],
])("%s names none", (data) => {
  expect(elicitations(data)).toBeUndefined();
});

test("another error names none", () => {
  expect(elicitations(`{"elicitations":[${params}]}`, -32000)).toBeUndefined();
});

test("the id comes and goes, the rest stays", () => {
  expect(withoutElicitationId(params)).toBe(params.replace(',"elicitationId":"e"', ""));
  expect(withElicitationId('{"url":"u"}', 'a"b')).toBe('{"elicitationId":"a\\"b","url":"u"}');
  expect(withElicitationId(params, "z")).toBe(params.replace('"e"', '"z"'));
});

test.each<[Record<string, unknown> | undefined, string | undefined]>([
  [{ mode: "url", url: "https://a.example" }, "https://a.example"],
  [{ mode: "form", url: "https://a.example" }, undefined],
  [{ url: "https://a.example" }, undefined],
  [{ mode: "url", url: 1 }, undefined],
  [undefined, undefined],
])("%o wants %s opened", (value, url) => {
  expect(elicitationUrlOf(value)).toBe(url);
});

test.each([
  "https://a.example",
  "http://127.0.0.1:8080/a?b=c@d#e",
  "HTTPS://a.example/@scope/p",
  "https://[::1]:9/x",
  "https://xn--mnchen-3ya.example/stra%C3%9Fe",
  "https://a.example?x=1",
])("%s may be opened", (url) => {
  expect(isOpenableUrl(url)).toBe(true);
});

test.each([
  "",
  "a.example",
  "//a.example",
  "https:a.example",
  "https:/a.example",
  "https://",
  "https:///a.example",
  "javascript:alert(1)//https://a.example",
  "java\nscript:alert(1)",
  " https://a.example",
  "https://a.example/ b",
  "https://a\t.example",
  "https://a.example/\u0000",
  "https://user@a.example",
  "https://user:pass@a.example",
  "https://@a.example",
  "https://good.example\\@a.example",
  "https:\\\\a.example",
  "file:///etc/passwd",
  "ftp://a.example",
  "data:text/html,x",
  "https://a.example:99999",
  "https://a b.example",
  "https://[::1",
  "https://a.example/\u202egnp.exe",
  "https://\u0430.example",
  "https://%00.example",
  `https://a.example/${"x".repeat(8192)}`,
])("%j may not be opened", (url) => {
  expect(isOpenableUrl(url)).toBe(false);
});

test("what may be opened is http(s) and leads where it seems to, whatever it is made of", () => {
  const start = fc.constantFrom("https://", "http://a.example", "https:", "");
  const piece = fc.constantFrom(...Array.from(":/\\@#?[1 \n"), "//", "http", "a.example", "%40", "..");
  let opened = 0;
  fc.assert(
    fc.property(start, fc.array(piece, { maxLength: 6 }), (head, pieces) => {
      const text = head + pieces.join("");
      if (!isOpenableUrl(text)) return;
      opened++;
      const url = new URL(text);
      expect([url.username, url.password]).toEqual(["", ""]);
      const [, scheme, authority] = /^(https?:)\/\/([^/?#]+)/.exec(text) ?? [];
      expect(url.protocol).toBe(scheme);
      expect(new URL(`${scheme}//${authority}/`).host).toBe(url.host);
    }),
    { numRuns: 2000 },
  );
  expect(opened).toBeGreaterThan(50);
});
