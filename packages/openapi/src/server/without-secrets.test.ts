import fc from "fast-check";
import { expect, test } from "vitest";
import { secretsOf } from "./secrets.ts";
import { withoutSecrets } from "./without-secrets.ts";

const url = new URL("https://api.example/v1");
const none = { apiKeys: [], keyHeaders: [] };

function told(body: string | Buffer, secrets: readonly string[], isCut = false): string {
  const reply = { status: 200, headers: {}, body: Buffer.from(body), isCut };
  return withoutSecrets(reply, secrets).body.toString("utf8");
}

test("a secret is found as every encoding writes it", () => {
  const secret = `k&y "1"/+=<ä€\\é`;
  const b64 = (text: string) => Buffer.from(text).toString("base64");
  const allEscaped = (text: string) =>
    text.replaceAll(/[^\w]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
  const spellings = [
    secret,
    encodeURIComponent(secret),
    encodeURIComponent(encodeURIComponent(secret)),
    encodeURIComponent(secret).replaceAll(/%../g, (code) => code.toLowerCase()),
    new URLSearchParams({ a: secret }).toString().slice(2),
    JSON.stringify(secret).slice(1, -1),
    JSON.stringify(secret).slice(1, -1).replaceAll("/", "\\/"),
    JSON.stringify(JSON.stringify(secret)).slice(3, -3),
    allEscaped(secret),
    allEscaped(secret).toUpperCase().replaceAll("\\U", "\\u").replaceAll("K", "k").replaceAll("Y", "y"),
    secret.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;"),
  ];
  expect(spellings.map((spelling) => told(`a ${spelling} z`, [secret]))).toEqual(
    spellings.map(() => "a REDACTED z"),
  );
  const encoded = [b64(secret), Buffer.from(secret).toString("base64url")];
  for (const text of encoded) expect(told(text, [secret])).toMatch(/^REDACTED[\w=-]{0,3}$/);
});

test("whatever stands around it when it is encoded, no Base64 tells it", () => {
  fc.assert(
    fc.property(
      fc.string({ minLength: 8, maxLength: 60, unit: "grapheme-ascii" }),
      fc.string({ unit: "grapheme-ascii" }),
      fc.string({ unit: "grapheme-ascii" }),
      fc.constantFrom("base64" as const, "base64url" as const),
      (secret, before, after, encoding) => {
        const text = told(Buffer.from(before + secret + after).toString(encoding), [secret]);
        expect(text).toContain("REDACTED");
      },
    ),
  );
});

test("what is no secret stays, byte by byte", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 500 }), (bytes) => {
      const reply = { status: 200, headers: { link: "<x>" }, body: Buffer.from(bytes), isCut: false };
      expect(withoutSecrets(reply, ["a-secret-of-mine", "ä/€ and more"])).toEqual(reply);
    }),
  );
});

test("any JSON with secrets in it is JSON without them", () => {
  fc.assert(
    fc.property(
      fc.string({ minLength: 8, maxLength: 30 }),
      fc.string(),
      fc.boolean(),
      (secret, more, isNested) => {
        const inner = JSON.stringify({ said: `${more} "${secret}"` });
        const said = told(isNested ? JSON.stringify({ inner }) : inner, [secret]);
        expect(said).not.toContain(JSON.stringify(secret).slice(1, -1));
        JSON.parse(said);
      },
    ),
  );
});

/** As writers of JSON do that keep to ASCII. */
const ascii = (text: string) =>
  text.replaceAll(/[^ -~]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);

test("nor do backslashes in a secret hide it, whatever stands behind them, in JSON or in JSON in JSON", () => {
  const unit = fc.constantFrom("\\", '"', "/", "a", " ", "é");
  fc.assert(
    fc.property(
      fc.string({ minLength: 8, maxLength: 12, unit }),
      fc.boolean(),
      fc.boolean(),
      (secret, isAscii, isNested) => {
        const write = (value: object) => (isAscii ? ascii(JSON.stringify(value)) : JSON.stringify(value));
        const inner = write({ said: `(${secret})` });
        const parsed: unknown = JSON.parse(told(isNested ? write({ inner }) : inner, [secret]));
        expect(isNested ? JSON.parse((parsed as { inner: string }).inner) : parsed).toEqual({
          said: "(REDACTED)",
        });
      },
    ),
    {
      numRuns: 1_000,
      examples: [
        ['\\"        ', false, false],
        [' \\"     ', true, true],
      ],
    },
  );
});

test("a long run of backslashes costs no more than its length", () => {
  const text = "\\".repeat(1_000_000);
  for (const secret of ['"/secret/"', '\\\\\\\\"secret']) expect(told(text, [secret])).toBe(text);
});

test("where an answer is cut, no beginning of a secret stands at its end", () => {
  const secret = "0123456789abcdef";
  expect(told(`${"x".repeat(100)}${secret.slice(0, 12)}`, [secret], true)).toBe("x".repeat(90));
});

test("what the credentials set is secret, and what is called or looks like it", () => {
  const headers = {
    authorization: "Basic YWRhOm9wZW4tc2VzYW1l",
    "x-team": "blue-team-of-2024-and-more",
    "x-api-version": "2024-01-01-preview.1",
    "x-api-key": "key-of-8",
    "x-pin": "4a5b6c",
    "x-acme": "9f8e7d6c5b4a39281706",
    "x-words": "nothing to be kept secret 1",
    cookie: "session=0123456789; theme=dark",
    "x-odd": "odd-name",
  };
  const sent = {
    headers,
    credentialHeaders: ["x-odd"],
    url: new URL("https://a.example/?api_key=in-address&page=12345678"),
  };
  expect(secretsOf(sent, none)).toEqual([
    "YWRhOm9wZW4tc2VzYW1l",
    "open-sesame",
    "key-of-8",
    "9f8e7d6c5b4a39281706",
    "0123456789",
    "odd-name",
    "in-address",
  ]);
  const named = {
    headers: { appid: "01234567", token: 'Token token="quoted-one"' },
    credentialHeaders: [],
    url,
  };
  expect(secretsOf(named, { apiKeys: [{ in: "query", name: "appId" }], keyHeaders: [] })).toEqual([
    "01234567",
    'token="quoted-one"',
    "quoted-one",
  ]);
});
