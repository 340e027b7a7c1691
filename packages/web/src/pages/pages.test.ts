import { createHash } from "node:crypto";
import { createManualClock, defineFaults } from "@castellan/kernel";
import fc from "fast-check";
import { Hono } from "hono";
import { expect, test } from "vitest";
import { createCookies } from "./cookies.ts";
import { errorPage } from "./error-page.ts";
import { field, type FieldOptions } from "./field.ts";
import { html } from "./html.ts";
import { isLocalPath } from "./local-path.ts";
import { formActionOf, page } from "./page.ts";
import { createWebApp } from "../inbound/web-app.ts";

const publicUrl = "https://mcp.example.com";
const faults = defineFaults({ odd_request: { owner: "caller", status: 400, help: "It is odd." } });

/** HTML without what lies between its lines. */
function squeezed(text: string | undefined): string | undefined {
  return text?.replaceAll(/\s+/g, " ").replaceAll(/(?<=[>"]) (?=[</>])/g, "");
}

function styleOf(text: string): string {
  return /<style>(.*?)<\/style>/s.exec(text)?.[1] ?? "";
}

test("a page runs no script, is shown in no frame, obeys no style but its own, and posts to this server only", async () => {
  const app = new Hono().get("/", (c) => page(c, { title: "Hello", body: html`<h1>Hello</h1>` }));
  const answer = await app.request("/");
  const text = await answer.text();
  const hash = createHash("sha256").update(styleOf(text)).digest("base64");
  expect(Object.fromEntries(answer.headers)).toEqual({
    "cache-control": "no-store",
    "content-security-policy": `default-src 'none'; style-src 'sha256-${hash}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'`,
    "content-type": "text/html; charset=utf-8",
    "referrer-policy": "same-origin",
    "x-frame-options": "DENY",
  });
  expect(squeezed(text.replace(styleOf(text), "").replace(/<svg.*<\/svg>/s, ""))).toBe(
    squeezed(`<!doctype html><html lang="en"><head><meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">
      <title>Hello · Castellan</title><style></style></head>
      <body><p class="mark"><span>Castellan</span></p><main><h1>Hello</h1></main></body></html> `),
  );
});

test("scripts are files of ours, and a form may lead where the page says", async () => {
  const app = new Hono().get("/", (c) =>
    page(c, {
      title: "x",
      body: html``,
      scripts: ["/passkey.js"],
      formActions: [formActionOf(new URL("http://127.0.0.1:4711/back?x=1"))],
    }),
  );
  const answer = await app.request("/");
  expect(answer.headers.get("content-security-policy")?.split("; ").slice(2, 5)).toEqual([
    "script-src 'self'",
    "connect-src 'self'",
    "form-action 'self' http://127.0.0.1:4711",
  ]);
  expect((await answer.text()).match(/<script[^>]*>/g)).toEqual(['<script type="module" src="/passkey.js">']);
});

test.each([
  ["https://app.example.com/cb", "https://app.example.com"],
  ["https://APP.example.com:8443/cb", "https://app.example.com:8443"],
  ["http://[::1]:4711/cb", "http:"],
  ["cursor://anysphere.cursor-retrieval/oauth", "cursor:"],
  ["com.example.app:/cb", "com.example.app:"],
  ["https://a;script-src.example/cb", "https:"],
  ["https://a,b.example/cb", "https:"],
  ["https://*.example/cb", "https:"],
])("a form that leads to %s needs %s", (url, source) => {
  expect(formActionOf(new URL(url))).toBe(source);
});

test("no redirect URI puts anything else into a policy", () => {
  const begin = fc.constantFrom(
    "https://",
    "http://",
    "https://a",
    "http://[::1]:",
    "com.example.app:/",
    "x:",
    "",
  );
  const rest = fc
    .array(fc.constantFrom(..."aZ0.:;,*'\"@/?# %-_[]é\t"))
    .map((characters) => characters.join(""));
  fc.assert(
    fc.property(begin, fc.oneof(rest, fc.string()), (before, after) => {
      const url = URL.parse(before + after);
      fc.pre(url !== null);
      expect(formActionOf(url)).toMatch(/^[a-z][a-z0-9+.-]*:(?:\/\/[a-z0-9.-]+(?::\d+)?)?$/);
    }),
    { numRuns: 500 },
  );
});

test("what is put into a template is text, whatever it holds; lists and pieces of HTML are taken over", () => {
  expect(
    `${html`<p title="${`"><script>`}">${["a & b", html`<b>${"'"}</b>`, 1, false, undefined]}</p>`}`,
  ).toBe('<p title="&quot;&gt;&lt;script&gt;">a &amp; b<b>&#39;</b>1</p>');
});

test("a field says what is wrong with it to a screen reader, too", () => {
  const text = `${field({ name: "code", label: "Code", autocomplete: "one-time-code", inputmode: "numeric", wrong: "It is not right." })}`;
  expect(squeezed(text)).toBe(
    '<div class="field"><label for="code">Code</label><input id="code" name="code" type="text" autocomplete="one-time-code" value="" maxlength="256" spellcheck="false" autocapitalize="none" inputmode="numeric" required autofocus aria-invalid="true" aria-describedby="code-wrong"/><p class="wrong" id="code-wrong" role="alert">It is not right.</p></div>',
  );
});

test("a text of several lines keeps its first line break, and ends where it ends", () => {
  const text = `${field({ name: "why", label: "Why", autocomplete: "off", rows: 3, maxLength: 2000, isOptional: true, value: "\n</textarea><b>" })}`;
  expect(/<textarea[^]*<\/textarea/.exec(text)?.[0].replaceAll(/ {2,}|\n(?= )/g, "")).toBe(
    '<textareaid="why"name="why"rows="3"autocomplete="off"maxlength="2000">\n\n&lt;/textarea&gt;&lt;b&gt;</textarea',
  );
});

test("cookies hold to this host over https, and to this port without", async () => {
  const written = async (url: string) => {
    const cookies = createCookies(url);
    const app = new Hono().get("/", (c) => {
      cookies.write(c, "session", "s", { maxAgeSeconds: 60 });
      cookies.remove(c, "other");
      return c.text(cookies.read(c, "session") ?? "none");
    });
    const answer = await app.request("/", {
      headers: { cookie: `${cookies.nameOf("session")}=sent; session=x` },
    });
    return [...answer.headers.getSetCookie(), await answer.text()];
  };
  expect(await written(publicUrl)).toEqual([
    "__Host-castellan-session=s; Max-Age=60; Path=/; HttpOnly; Secure; SameSite=Lax",
    "__Host-castellan-other=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax",
    "sent",
  ]);
  expect(await written("http://localhost:4000")).toEqual([
    "castellan-4000-session=s; Max-Age=60; Path=/; HttpOnly; SameSite=Lax",
    "castellan-4000-other=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax",
    "sent",
  ]);
});

test.each(["/", "/account", "/oauth/consent/x?y=//z", "/a//b"])("%j is a path of ours", (text) =>
  expect(isLocalPath(text)).toBe(true),
);

test.each([
  "",
  "account",
  "//evil.example",
  "/\\evil.example",
  "/\t/evil.example",
  "/a\\b",
  "https://evil.example",
  "/a\nb",
  "javascript:alert(1)",
  " /",
])("%j is not", (text) => expect(isLocalPath(text)).toBe(false));

test("whatever passes as a local path, a browser takes for this server's", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.stringMatching(/^[/\\\s.@:a]{1,8}$/).map((text) => `/${text}`),
      ),
      (text) => {
        if (isLocalPath(text)) expect(new URL(text, publicUrl).origin).toBe(publicUrl);
      },
    ),
  );
});

test("on the paths of pages a browser is told of failures by a page, everyone else by data", async () => {
  const app = createWebApp({
    publicUrl,
    onError: () => {},
    pagePaths: ["/account"],
    clock: createManualClock(),
  });
  app.get("/account", () => {
    throw faults.fault("odd_request", "<b>odd</b>", { data: { back: "/account?a=1&b" } });
  });
  app.get("/api", () => {
    throw faults.fault("odd_request", "odd");
  });
  const browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
  const ask = async (path: string, accept: string) => {
    const answer = await app.request(path, { headers: { host: "mcp.example.com", accept } });
    return [answer.status, answer.headers.get("content-type")];
  };
  const html = "text/html; charset=utf-8";
  const data = "application/problem+json";
  expect(
    await Promise.all([
      ask("/account", browser),
      ask("/account", "application/json"),
      ask("/account", "*/*"),
      ask("/account/unknown", browser),
      ask("/accounts", browser),
      ask("/api", browser),
    ]),
  ).toEqual([
    [400, html],
    [400, data],
    [400, data],
    [404, html],
    [404, data],
    [400, data],
  ]);
});

test("a page about a failure has its sentence, a way back on this server, and what finds it in the log", async () => {
  const show = async (back: string) => {
    const app = new Hono().get("/", (c) =>
      errorPage(c, faults.fault("odd_request", "It is <odd>.", { data: { back, retryAfterSeconds: 7 } })),
    );
    const answer = await app.request("/");
    const text = await answer.text();
    return [
      answer.status,
      answer.headers.get("retry-after"),
      squeezed(/<main>(.*?)<\/footer>/s.exec(text)?.[1]),
    ];
  };
  const shown = (link: string) =>
    `<h1>This did not work</h1><p>It is &lt;odd&gt;.</p>${link}</main><footer class="foot"><code>odd_request</code> · <code></code>`;
  expect(await show("/a?b&c")).toEqual([
    400,
    "7",
    shown('<p class="buttons"><a class="button" href="/a?b&amp;c">Open the page again</a></p>'),
  ]);
  expect(await show("//evil.example")).toEqual([400, "7", shown("")]);
});

test.each([
  ["left_over", { back: "/sign-in" }, "Please try again", "Open the page again"],
  ["left_over", { back: "/sign-in", backText: "Sign <in>" }, "Please try again", "Sign &lt;in&gt;"],
  ["left_over", {}, "This is not open to you", undefined],
  ["used_up", { back: "/sign-in" }, "This does not work any more", "Open the page again"],
] as const)(
  "a page about %s with %j is titled and leads on as it should",
  async (code, data, title, button) => {
    const odd = defineFaults({
      left_over: { owner: "caller", status: 403, help: "Begin again." },
      used_up: { owner: "caller", status: 410, help: "Begin again." },
    });
    const app = new Hono().get("/", (c) => errorPage(c, odd.fault(code, "Odd", { data })));
    const text = await (await app.request("/")).text();
    expect([/<h1>(.*?)<\/h1>/.exec(text)?.[1], /<a class="button"[^>]*>(.*?)<\/a>/.exec(text)?.[1]]).toEqual([
      title,
      button,
    ]);
  },
);

test("typing begins at the field that was wrong", () => {
  const own = { name: "code", label: "Code", autocomplete: "one-time-code" };
  const begins = (options: Partial<FieldOptions>) => `${field({ ...own, ...options })}`.includes("autofocus");
  expect([
    begins({}),
    begins({ wrong: "No." }),
    begins({ hasFocus: true }),
    begins({ wrong: "No.", hasFocus: false }),
  ]).toEqual([false, true, true, false]);
});
