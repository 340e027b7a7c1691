import { expect, test } from "vitest";
import { limitUiLinks } from "./ui-links.ts";

const page = (text: string, members = '"uri":"ui://v","mimeType":"text/uri-list"') =>
  `{ "contents":[{${members},"text":${JSON.stringify(text)},"n":1E400}]}`;
const allowed = ["good.example", "*.example.com"];

test.each([["https://good.example/page?x#y"], ["# where it is\r\nhttps://a.example.com:8443/\r\n"], [""]])(
  "a page at an allowed host stays as it came: %j",
  (text) => {
    expect(limitUiLinks(page(text), allowed)).toBe(page(text));
  },
);

test.each([
  ["https://evil.example/"],
  ["https://good.example\nhttps://evil.example"],
  ["https://good.example@evil.example/"],
  ["https://good.example.evil.example/"],
  ["  https:/\\evil.example"],
  ["data:text/html,x"],
  ["javascript:alert(1)"],
  ["//evil.example"],
  ["evil"],
])("a page elsewhere is empty: %j", (text) => {
  expect(limitUiLinks(page(text), allowed)).toBe(page(""));
});

test.each([
  String.raw`"uri":"ui:\/\/v","mime\u0054ype":"TEXT/uri\u002dlist; charset=utf-8"`,
  '"uri":"UI://v","mimeType":" text/uri-list"',
])("however it is spelled: %s", (members) => {
  expect(limitUiLinks(page("https://evil.example/", members), allowed)).toBe(page("", members));
});

test("embedded, in a prompt, in a task's result, in base64", () => {
  const blob = Buffer.from("https://evil.example/").toString("base64");
  const resource = (text: string) => `{"uri":"ui://v","mimeType":"text/uri-list",${text}}`;
  const [bad, none] = [resource(`"blob":"${blob}"`), resource('"blob":""')];
  for (const whole of [
    (one: string) => `{"content":[{"type":"resource","resource":${one}}]}`,
    (one: string) => `{"messages":[{"content":{"type":"resource","resource":${one}}}]}`,
    (one: string) => `{"taskId":"t","result":{"contents":[${one}]}}`,
  ])
    expect(limitUiLinks(whole(bad), allowed)).toBe(whole(none));
});

test("lists of links that are no pages are nobody's business", () => {
  const list = page("https://evil.example/", '"uri":"doc://v","mimeType":"text/uri-list"');
  expect(limitUiLinks(list, [])).toBe(list);
});
