import fc from "fast-check";
import { expect, test } from "vitest";
import { isSecretName, redactFields, redactText } from "./redaction.ts";

const secretNames =
  "token accessToken access_token TOKEN refresh-token secret clientSecret password passwd Authorization " +
  "proxy-authorization cookie Set-Cookie api_key apiKey X-API-Key privateKey credentials masterKey tokens " +
  "passphrase client_assertion";

test.each(secretNames.split(" "))("%s names a secret", (name) => {
  expect(isSecretName(name)).toBe(true);
});

const harmlessNames =
  "tokenId token_id secretName tokenCount tokenType secretRef tokenUrl cookieNames server key author passed keyId message";

test.each(harmlessNames.split(" "))("%s does not name a secret", (name) => {
  expect(isSecretName(name)).toBe(false);
});

test.each([
  ["Bearer abc.DEF-123_456", "Bearer [redacted]"],
  ["got 'bearer  s3cr3tvalue' from client", "got 'bearer  [redacted]' from client"],
  ["Authorization: Bearer abcdef123456", "Authorization: [redacted]"],
  ["Cookie: a=b; session=0123456789", "Cookie: [redacted]"],
  ['{"authorization":"Basic YWRtaW46aHVudGVyMg=="}', '{"authorization":"[redacted]"}'],
  ["Basic YWRtaW46aHVudGVyMg==", "Basic [redacted]"],
  ["jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl.", "jwt [redacted]"],
  ["connect postgres://app:hunter2@db:5432/x", "connect postgres://[redacted]@db:5432/x"],
  ["GET /cb?code=1&access_token=abcdefgh&state=2", "GET /cb?code=1&access_token=[redacted]&state=2"],
  ['{"client_secret": "hunter22", "name": "x"}', '{"client_secret": "[redacted]", "name": "x"}'],
  ["api-key=abcdef;password=hunter22", "api-key=[redacted];password=[redacted]"],
  ["used ghp_0123456789abcdefghij", "used [redacted]"],
])("%j is masked", (text, clean) => {
  expect(redactText(text)).toBe(clean);
});

test.each([
  "Basic authentication is not supported",
  "The bearer requirement, and bearer authentication.",
  "The token is missing",
  "A token expired; the secret was not found",
  "GET https://example.com/a@b",
  "cst_ and sk- are prefixes",
])("%j stays as it is", (text) => {
  expect(redactText(text)).toBe(text);
});

test("long text is cut, and a hostile one costs little time", () => {
  expect(redactText("x".repeat(10_000))).toBe(`${"x".repeat(8192)}… (10000 characters)`);
  const hostile = ["eyJ-", "token ", "token:", "a.", "bearer ", "cookie", "a://", "sk-", "[redacted]"];
  for (const part of hostile) {
    const text = part.repeat(8192 / part.length);
    const start = performance.now();
    redactText(text);
    expect([part, performance.now() - start < 250]).toEqual([part, true]);
  }
});

test("fields are redacted at any depth, and what they hold becomes plain data", () => {
  const circular: Record<string, unknown> = { a: 1 };
  circular["self"] = circular;
  const fields = {
    server: "invoices",
    attempt: 2,
    missing: null,
    bytes: Buffer.from("secret bytes"),
    big: 12345678901234567890n,
    infinite: Number.POSITIVE_INFINITY,
    when: new Date(0),
    at: new URL("https://user:pass@example.com/x"),
    map: new Map([["password", "hunter2"]]),
    set: new Set(["Bearer abc12345"]),
    run: () => 1,
    circular,
    request: { headers: { authorization: "Bearer x", accept: "*/*" }, list: [{ api_key: 1 }] },
    input_tokens: 1200,
    tokenId: "tok_1",
    pin_token: 1234,
    hasToken: true,
    getter: {
      get broken(): string {
        throw new Error("no");
      },
    },
    hostile: {
      toJSON() {
        throw new Error("no");
      },
    },
  };
  expect(redactFields(fields)).toEqual({
    server: "invoices",
    attempt: 2,
    missing: null,
    bytes: "[12 bytes]",
    big: "12345678901234567890",
    infinite: "Infinity",
    when: "1970-01-01T00:00:00.000Z",
    at: "https://[redacted]@example.com/x",
    map: { password: "[redacted]" },
    set: ["Bearer [redacted]"],
    run: "[function]",
    circular: { a: 1, self: "[circular]" },
    request: { headers: { authorization: "[redacted]", accept: "*/*" }, list: [{ api_key: "[redacted]" }] },
    input_tokens: 1200,
    tokenId: "tok_1",
    pin_token: "[redacted]",
    hasToken: true,
    getter: { broken: "[unreadable]" },
    hostile: "[unreadable]",
  });
});

test("an error is written with its code and its causes, and without what a driver hung on it", () => {
  const cause = Object.assign(new Error("connect postgres://app:hunter2@db failed"), {
    code: "ECONNREFUSED",
    parameters: ["hunter2"],
  });
  const error = new AggregateError([new TypeError("part")], "all failed", { cause });
  const { stack, ...record } = redactFields({ error })["error"] as Record<string, unknown>;
  expect(stack).toMatch(/^at .*redaction\.test\.ts/);
  expect(JSON.parse(JSON.stringify(record, (name, value) => (name === "stack" ? undefined : value)))).toEqual(
    {
      type: "AggregateError",
      message: "all failed",
      cause: { type: "Error", message: "connect postgres://[redacted]@db failed", code: "ECONNREFUSED" },
      errors: [{ type: "TypeError", message: "part" }],
    },
  );
});

test("whatever the fields are, the result is JSON of bounded depth, and a secret in it is gone", () => {
  const needle = "n33dle-n33dle";
  const arbitraryKey = fc.oneof(fc.string(), fc.constantFrom("token", "nested.password", "x-api-key", "ok"));
  const { tree } = fc.letrec((tie) => ({
    leaf: fc.anything(),
    tree: fc.oneof(
      { depthSize: "small" },
      tie("leaf"),
      fc.array(tie("tree")),
      fc.dictionary(arbitraryKey, tie("tree")),
    ),
  }));
  fc.assert(
    fc.property(tree, fc.constantFrom("token", "my_secret", "Set-Cookie", "apiKey"), (value, name) => {
      const text = JSON.stringify(
        redactFields({ value, deep: [{ [name]: needle, list: [{ [name]: [needle] }] }] }),
      );
      expect(text).not.toContain(needle);
      expect(JSON.parse(text)).toBeTypeOf("object");
    }),
  );
});

test("wide and deep data is cut", () => {
  let deep: unknown = "bottom";
  for (let level = 0; level < 20; level++) deep = { deep };
  expect(JSON.stringify(redactFields({ deep }))).toContain('"[deep]"');
  expect((redactFields({ list: Array(150).fill(1) })["list"] as unknown[]).slice(99)).toEqual([
    1,
    "… (150 items)",
  ]);
  const shared = Array.from({ length: 7 }).reduce((part) => [part, part, part, part, part, part], "leaf");
  expect(JSON.stringify(redactFields({ shared })).length).toBeLessThan(20_000);
  const wide = Object.fromEntries(Array.from({ length: 150 }, (_, at) => [`f${at}`, at]));
  expect(Object.entries(redactFields(wide)).slice(99)).toEqual([
    ["f99", 99],
    ["…", "150 fields"],
  ]);
});
