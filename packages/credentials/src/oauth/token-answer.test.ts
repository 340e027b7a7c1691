import { expect, test } from "vitest";
import { plain, readTokenAnswer, TokenRefusal } from "./token-answer.ts";

const nowMs = Date.UTC(2026, 0, 1);

function answer(status: number, body: unknown, headers: Record<string, string> = {}) {
  const bytes = Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
  return { status, headers: new Headers(headers), url: "https://as.example/token", body: bytes };
}

async function tokensOf(body: unknown) {
  return (await readTokenAnswer(answer(200, body), nowMs).json()) as unknown;
}

function refusalOf(...said: Parameters<typeof answer>) {
  try {
    readTokenAnswer(answer(...said), nowMs);
  } catch (error) {
    if (error instanceof TokenRefusal)
      return { error: error.error, message: error.message, retryAfterMs: error.retryAfterMs };
  }
  throw new Error("it was no refusal");
}

test("tokens come out in the form of the specification", async () => {
  expect(
    await tokensOf({
      access_token: "a",
      expires_in: "3600",
      refresh_token: null,
      scope: "repo,user",
      id_token: "not.even.one",
    }),
  ).toEqual({ access_token: "a", token_type: "bearer", expires_in: 3600, scope: "repo user" });
  expect(
    await tokensOf({
      access_token: "a",
      token_type: "Bearer",
      expires_in: 0,
      refresh_token: "",
      scope: ["x", "y"],
    }),
  ).toEqual({ access_token: "a", token_type: "Bearer", scope: "x y" });
});

test.each<[string, Parameters<typeof answer>, ReturnType<typeof refusalOf>]>([
  [
    "RFC 6749",
    [400, { error: "invalid_grant", error_description: "Expired\u202e\n!" }],
    { error: "invalid_grant", message: "invalid_grant: Expired !", retryAfterMs: undefined },
  ],
  [
    "GitHub, with 200",
    [200, { error: "bad_refresh_token" }],
    { error: "invalid_grant", message: "bad_refresh_token", retryAfterMs: undefined },
  ],
  [
    "Slack, with 200",
    [200, { ok: false, error: "invalid_client_id" }],
    { error: "invalid_client", message: "invalid_client_id", retryAfterMs: undefined },
  ],
  ["a page", [403, "<h1>Blocked</h1>"], { error: undefined, message: "status 403", retryAfterMs: undefined }],
  ["nothing", [200, ""], { error: undefined, message: "status 200", retryAfterMs: undefined }],
  ["not an object", [200, "[]"], { error: undefined, message: "status 200", retryAfterMs: undefined }],
  [
    "an error that is none",
    [400, { error: "constructor" }],
    { error: "constructor", message: "constructor", retryAfterMs: undefined },
  ],
  [
    "too much, for seconds",
    [429, {}, { "retry-after": "7" }],
    { error: undefined, message: "status 429", retryAfterMs: 7000 },
  ],
  [
    "away, until a time",
    [503, "", { "retry-after": "Thu, 01 Jan 2026 00:00:30 GMT" }],
    { error: undefined, message: "status 503", retryAfterMs: 30_000 },
  ],
  [
    "away for years",
    [503, "", { "retry-after": "999999999" }],
    { error: undefined, message: "status 503", retryAfterMs: 3_600_000 },
  ],
])("%s", (_name, said, expected) => {
  expect(refusalOf(...said)).toEqual(expected);
});

test("words of others are one short line of what shows", () => {
  expect(plain("a\u0007\n\tb\u2028c \u200b ")).toBe("a b c");
  expect(plain("x".repeat(5000))).toHaveLength(200);
});
