import { codePoint } from "@castellan/kernel/testing";
import fc from "fast-check";
import { expect, test } from "vitest";
import { authSecretFields, upstreamAuth } from "./auth-schema.ts";
import { authSecretNames, isOAuth } from "./secret-use.ts";
import type { UpstreamAuth } from "./upstream-auth.ts";

const issuer = "https://login.example/tenant/";

test.each<UpstreamAuth>([
  { kind: "auto" },
  { kind: "none" },
  { kind: "bearer" },
  { kind: "basic", username: "grüße" },
  { kind: "own_account" },
  { kind: "own_account", programs: "shared", scopes: ["a:b", "https://api.example/read"] },
  { kind: "shared_account", issuer, client: { id: "us", authMethod: "private_key_jwt" }, resource: "omit" },
  {
    kind: "client_credentials",
    issuer,
    client: { id: "us" },
    endpoints: { token: "https://login.example/token?tenant=1" },
  },
  { kind: "own_key", header: "x-key", prefix: "Key ", hint: "Ask Bob: he is in room 3" },
  { kind: "own_key", hint: "https://crm.example/keys" },
  { kind: "identity", audience: "urn:crm", groups: true },
  { kind: "token_exchange", audience: "urn:crm" },
  { kind: "id_jag", groups: false, scopes: [] },
])("%j is taken to the letter", (auth) => {
  expect(upstreamAuth.parse(auth)).toEqual(auth);
});

test.each<[object, string]>([
  [{ kind: "magic" }, "kind"],
  [{ kind: "bearer", token: "t" }, ""],
  [{ kind: "none", issuer }, ""],
  [{ kind: "basic" }, "username"],
  [{ kind: "basic", username: "a:b" }, "username"],
  [{ kind: "basic", username: "a\nb" }, "username"],
  [{ kind: "own_account", issuer: "login.example" }, "issuer"],
  [{ kind: "own_account", issuer: "javascript:alert(1)" }, "issuer"],
  [{ kind: "own_account", issuer: "https://me:pw@login.example" }, "issuer"],
  [{ kind: "own_account", issuer: "https://login.example/#x" }, "issuer"],
  [{ kind: "own_account", issuer: "https://login.example/?x" }, "issuer"],
  [{ kind: "own_account", issuer: " https://login.example" }, "issuer"],
  [{ kind: "own_account", issuer: "https://login.example/\u0000" }, "issuer"],
  [{ kind: "own_account", scopes: ["a b"] }, "scopes.0"],
  [{ kind: "own_account", scopes: ['a"b'] }, "scopes.0"],
  [{ kind: "own_account", client: { id: "" } }, "client.id"],
  [{ kind: "own_account", client: { id: "us", secret: "s" } }, "client"],
  [{ kind: "own_account", endpoints: { authorization: issuer } }, "endpoints.token"],
  [{ kind: "own_key", prefix: "a\r\nHost: evil" }, "prefix"],
  [{ kind: "own_key", hint: "javascript:alert(1)" }, "hint"],
  [{ kind: "own_key", hint: "http://crm.example" }, "hint"],
  [{ kind: "own_key", hint: "data:text/html,x" }, "hint"],
])("%j is refused at %s", (auth, field) => {
  const { error } = upstreamAuth.safeParse(auth);
  expect(error?.issues.map(({ path }) => path.join("."))).toContain(field);
});

test("no address with which something else could be smuggled into a request or a page is taken", () => {
  fc.assert(
    fc.property(fc.string({ unit: codePoint, maxLength: 40 }), (text) => {
      const found = upstreamAuth.safeParse({ kind: "own_account", issuer: `https://login.example${text}` });
      if (!found.success || !isOAuth(found.data)) return;
      const { issuer: taken = "" } = found.data;
      expect(taken).toMatch(/^https:\/\/[\x21-\x7e]+$/);
      expect(new URL(taken)).toMatchObject({ username: "", password: "", search: "", hash: "" });
    }),
  );
});

const pem = `-----BEGIN PRIVATE KEY-----\n${"QUJD".repeat(8)}\n-----END PRIVATE KEY-----\n`;

test("a secret is what can be sent, and what is said of one that cannot does not hold it", () => {
  const good = {
    token: "a.b-c~d+/=",
    password: "pässwörd mit Leerzeichen",
    clientSecret: "a b",
    privateKey: pem,
  };
  for (const name of authSecretNames) expect(authSecretFields[name].safeParse(good[name]).success).toBe(true);
  const bad = ["s3cret\r\nHost: evil", "s3cret\0", ""];
  for (const name of authSecretNames)
    for (const value of bad) {
      const { error } = authSecretFields[name].safeParse(value);
      expect(error?.issues.length).toBeGreaterThan(0);
      expect(JSON.stringify(error?.issues)).not.toContain("s3cret");
    }
  const encrypted = pem.replaceAll("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
  expect(authSecretFields.privateKey.safeParse(encrypted).success).toBe(false);
});
