import type { Server } from "@castellan/client";
import { expect, test } from "vitest";
import { nextStep } from "./next-step.ts";

function server(
  kind: string,
  code: string | undefined,
  more: { asksForOAuth?: boolean; waits?: boolean } = {},
) {
  const told = code === undefined ? [] : [{ code, message: "It failed" }];
  return {
    slug: "crm",
    auth: { kind } as Server["auth"],
    state: {
      attention: told,
      ...(code !== undefined && more.waits !== true && { error: { code, message: "It failed" } }),
      asksForOAuth: more.asksForOAuth ?? false,
    } as unknown as Server["state"],
  };
}

const signIn = "castellan server login crm signs in there for all";
const secret = "castellan server edit crm --secret-file FILE gives what it is to be called with";
const again = "The server could not be read; castellan server sync crm tries again";

test.each([
  ["auto", undefined, {}, undefined],
  ["auto", "upstream_unreachable", {}, again],
  ["auto", "credentials_missing", { asksForOAuth: true }, signIn],
  ["own_account", "credentials_missing", {}, signIn],
  // It was read, and then its account came to an end.
  ["shared_account", "credentials_missing", { waits: true }, signIn],
  ["own_key", "credentials_missing", {}, secret],
  ["bearer", "credentials_missing", {}, secret],
  ["bearer", "credentials_refused", { waits: true }, secret],
  ["identity", "credentials_refused", { waits: true }, undefined],
  [
    "client_credentials",
    "credentials_missing",
    {},
    "castellan server edit crm --client-secret-file FILE gives what it is to be called with",
  ],
  ["own_key", "upstream_unauthorized", {}, again],
  [
    "auto",
    "upstream_unauthorized",
    {},
    "castellan server edit crm --auth KIND says how requests are authorized; --bearer-env gives one token for all",
  ],
])("a server with auth %s and %s, %j: %s", (kind, code, more, expected) => {
  expect(nextStep(server(kind, code, more))).toBe(expected);
});
