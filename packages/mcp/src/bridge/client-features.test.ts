import { expect, test } from "vitest";
import { clientFeatures, declares, featureOf, type ClientFeature } from "./client-features.ts";

test.each<[string, Record<string, unknown> | undefined, ClientFeature | undefined]>([
  ["elicitation/create", { mode: "url", url: "https://a.example" }, "elicitation_url"],
  ["elicitation/create", { mode: "form" }, "elicitation_form"],
  ["elicitation/create", {}, "elicitation_form"],
  ["elicitation/create", undefined, "elicitation_form"],
  ["elicitation/create", { mode: ["url"] }, undefined],
  ["elicitation/create", { mode: "URL" }, undefined],
  ["elicitation/create", { mode: null }, undefined],
  ["sampling/createMessage", {}, "sampling"],
  ["roots/list", undefined, "roots"],
  ["tools/call", {}, undefined],
  ["toString", {}, undefined],
])("%s %o makes use of %s", (method, params, feature) => {
  expect(featureOf(method, params)).toBe(feature);
});

test.each<[string, ClientFeature[]]>([
  ["{}", []],
  ['{"elicitation":{}}', ["elicitation_form"]],
  ['{"elicitation":{"form":{}}}', ["elicitation_form"]],
  ['{"elicitation":{"form":{"applyDefaults":true},"url":{}}}', ["elicitation_form", "elicitation_url"]],
  ['{"elicitation":{"url":{}}}', ["elicitation_url"]],
  ['{"elicitation":{"x-new":{}}}', []],
  ['{"elicitation":{"form":null,"url":true}}', []],
  ['{"elicitation":null,"sampling":true,"roots":[]}', []],
  ['{"\\u0073ampling":{"tools":{}},"roots":{"listChanged":true}}', ["sampling", "roots"]],
  ['{"experimental":{"sampling":{}}}', []],
  ["null", []],
  ["[]", []],
])("%s declares %o", (text, declared) => {
  expect(clientFeatures.filter((feature) => declares(text, feature))).toEqual(declared);
});
