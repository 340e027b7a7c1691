import fc from "fast-check";
import { expect, test } from "vitest";
import type { Era } from "../versions.ts";
import { capabilitiesFor, tasksExtension } from "./capabilities.ts";
import { clientFeatures, declares, type ClientFeature } from "./client-features.ts";

const all = new Set(clientFeatures);
const none = new Set<ClientFeature>();

test.each<[string, string]>([
  ["{}", "{}"],
  ['{"elicitation":{}}', "{}"],
  ['{"sampling":{"tools":{}}, "x":1E400 , "roots":{"listChanged":true}}', '{"x":1E400}'],
  ['{"experimental":{"sampling":{}}}', '{"experimental":{"sampling":{}}}'],
])("%s, nothing allowed: %s", (text, expected) => {
  expect(capabilitiesFor("legacy", text, none)).toBe(expected);
});

test.each<[string, ClientFeature[], string]>([
  ['{"elicitation":{}}', ["elicitation_form"], '{"elicitation":{}}'],
  ['{"elicitation":{}}', ["elicitation_url"], "{}"],
  ['{"elicitation":{"form":{},"url":{}}}', ["elicitation_form"], '{"elicitation":{"form":{}}}'],
  ['{"elicitation":{"form":{},"url":{}}}', ["elicitation_url"], '{"elicitation":{"url":{}}}'],
  // What is left must not read as `elicitation: {}`, which means forms.
  ['{"elicitation":{"url":{}}}', ["elicitation_form"], "{}"],
  ['{"elicitation":{"url":{},"x":1}}', ["elicitation_form"], "{}"],
  ['{"elicitation":{"url":{},"x":1.0}}', ["elicitation_url"], '{"elicitation":{"url":{},"x":1.0}}'],
  [
    '{"elicitation":{"form":true,"url":{}}}',
    ["elicitation_form", "elicitation_url"],
    '{"elicitation":{"url":{}}}',
  ],
  ['{"\\u0073ampling":{},"roots":{}}', ["roots"], '{"roots":{}}'],
  ['{"sampling":null}', ["sampling"], "{}"],
])("%s, %o allowed: %s", (text, allowed, expected) => {
  expect(capabilitiesFor("legacy", text, new Set(allowed))).toBe(expected);
});

const tasks = `"tasks":{"list":{}},"extensions":{"x/y":{"n":1E400},"${tasksExtension}":{}}`;

test.each<[caller: Era, server: Era, string]>([
  ["legacy", "legacy", '{"roots":{"listChanged":true},"extensions":{"x/y":{"n":1E400}}}'],
  ["legacy", "modern", '{"roots":{},"extensions":{"x/y":{"n":1E400}}}'],
  ["modern", "legacy", '{"roots":{"listChanged":true},"extensions":{"x/y":{"n":1E400}}}'],
  ["modern", "modern", `{"roots":{},"extensions":{"x/y":{"n":1E400},"${tasksExtension}":{}}}`],
])("from a %s client to a %s server goes what both can do", (caller, server, expected) => {
  expect(capabilitiesFor(server, `{"roots":{"listChanged":true},${tasks}}`, all, { caller })).toBe(expected);
});

test("extensions that were tasks only are none", () => {
  const text = `{"extensions":{ "${tasksExtension}":{} }}`;
  expect(capabilitiesFor("legacy", text, all)).toBe("{}");
});

test("capabilities that are no object are none", () => {
  expect(capabilitiesFor("modern", "null", all)).toBe("{}");
});

test("a server is told of no feature that it is not allowed, and of no other than the client's", () => {
  const setting = fc.constantFrom<unknown>(
    {},
    { form: {} },
    { url: {} },
    { form: {}, url: {} },
    { x: 1 },
    null,
    true,
  );
  fc.assert(
    fc.property(
      fc.record(
        { elicitation: setting, sampling: setting, roots: setting, other: setting },
        { requiredKeys: [] },
      ),
      fc.subarray([...clientFeatures]),
      fc.constantFrom<Era>("legacy", "modern"),
      (capabilities, allowed, era) => {
        const text = JSON.stringify(capabilities, null, 1);
        const told = capabilitiesFor(era, text, new Set(allowed));
        expect(clientFeatures.filter((feature) => declares(told, feature))).toEqual(
          clientFeatures.filter((feature) => allowed.includes(feature) && declares(text, feature)),
        );
        expect((JSON.parse(told) as { other: unknown }).other).toEqual(capabilities.other);
      },
    ),
  );
});
