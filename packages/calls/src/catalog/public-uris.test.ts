import { expect, test } from "vitest";
import { resultUris, toolUris, withPublicUris } from "./public-uris.ts";

const toPublic = (uri: string) => (uri === "x://1" ? "gw+b:x://1" : uri);

test("links, embedded resources and what was read are named as callers know them; nothing else is touched", () => {
  const text =
    '{ "n":1E400, "content":[{"type":"resource_link","uri":"x://1"},{"type":"resource","resource":{"uri" : "x:\\u002f/1","text":"x://1"}},' +
    '{"type":"text","text":"x://1"},{"type":"new","uri":7},"x://1"], "contents":[{"uri":"x://2"},{"uri":"x://1"}], "structuredContent":{"uri":"x://1"},' +
    '"messages":[{"content":{"type":"resource","resource":{"uri":"x://1"}}},{"content":{"uri":"x://1"}}] }';
  expect(withPublicUris(text, resultUris, toPublic)).toBe(
    '{ "n":1E400, "content":[{"type":"resource_link","uri":"gw+b:x://1"},{"type":"resource","resource":{"uri" : "gw+b:x://1","text":"x://1"}},' +
      '{"type":"text","text":"x://1"},{"type":"new","uri":7},"x://1"], "contents":[{"uri":"x://2"},{"uri":"gw+b:x://1"}], "structuredContent":{"uri":"x://1"},' +
      '"messages":[{"content":{"type":"resource","resource":{"uri":"gw+b:x://1"}}},{"content":{"uri":"gw+b:x://1"}}] }',
  );
});

test("a text that names nothing of the kind stays the same text", () => {
  const texts = ["{}", '{"_meta":null}', '{"_meta":{"ui":[]}}', '{"_meta":{"ui":{"resourceUri":"x://2"}}}'];
  expect(texts.map((text) => withPublicUris(text, toolUris, toPublic))).toEqual(texts);
});
