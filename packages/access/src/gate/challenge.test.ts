import { kernelFaults } from "@castellan/kernel";
import { expect, test } from "vitest";
import { accessFaults } from "../faults.ts";
import { challenge } from "./challenge.ts";
import { insufficientScope } from "./reach.ts";

const way = { metadataUrl: "https://m.example/.well-known/x", scope: "portal:a s:read" };
const missing = accessFaults.fault("token_missing", "");
const invalid = accessFaults.fault("token_invalid", "");
const more = insufficientScope("a", { server: "s", toolClass: "write" });

test.each([
  [missing, 'Bearer scope="portal:a s:read", resource_metadata="https://m.example/.well-known/x"'],
  [
    invalid,
    'Bearer error="invalid_token", scope="portal:a s:read", resource_metadata="https://m.example/.well-known/x"',
  ],
  [
    accessFaults.fault("token_expired", ""),
    'Bearer error="invalid_token", scope="portal:a s:read", resource_metadata="https://m.example/.well-known/x"',
  ],
  [
    more,
    'Bearer error="insufficient_scope", scope="portal:a s:write", resource_metadata="https://m.example/.well-known/x"',
  ],
  [accessFaults.fault("permission_required", ""), undefined],
  [kernelFaults.fault("invalid_input", ""), undefined],
])("%s", (fault, value) => {
  expect(challenge(fault as never, way)).toBe(value);
});

test("where there is nothing to come into, nothing is said of how", () => {
  expect([missing, invalid].map((fault) => challenge(fault as never, undefined))).toEqual([
    "Bearer",
    'Bearer error="invalid_token"',
  ]);
});
