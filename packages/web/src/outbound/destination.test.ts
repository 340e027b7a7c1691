import { isFault } from "@castellan/kernel";
import fc from "fast-check";
import { expect, test } from "vitest";
import { checkUrl } from "./destination.ts";
import { parsePolicy, type OutboundPolicy } from "./policy.ts";

/** "ok", or why the URL is refused. */
function verdict(url: string, policy: Partial<OutboundPolicy> = {}): string {
  try {
    checkUrl(url, parsePolicy({ allowPrivate: [], ...policy }), "url");
    return "ok";
  } catch (error) {
    if (!isFault(error, "outbound_refused") || error.field !== "url") throw error;
    return error.message;
  }
}

const refusedAs = (kind: string) =>
  new RegExp(`^url: \\S+ leads to a ${kind} address that no administrator allowed$`);

test.each([
  "https://example.com/",
  "https://example.com:8443/x?y#z",
  "https://1.1.1.1/",
  "https://[2606:4700::1111]/",
])("%s may be called", (url) => expect(verdict(url)).toBe("ok"));

test.each([
  ["", "url: this is not a URL"],
  ["example.com", "url: this is not a URL"],
  ["https://", "url: this is not a URL"],
  ["https://1.2.3.4.5/", "url: this is not a URL"],
  ["file:///etc/passwd", "url: the scheme must be https"],
  ["ftp://example.com/", "url: the scheme must be https"],
  ["javascript:alert(1)", "url: the scheme must be https"],
  [
    "https://user@example.com/",
    "url: a URL must not hold a user name or password; they belong into a header or a secret",
  ],
  [
    "https://:pw@example.com/",
    "url: a URL must not hold a user name or password; they belong into a header or a secret",
  ],
  [
    "http://example.com/",
    "url: example.com is plain http, which is only for addresses that an administrator allowed",
  ],
])("%j is refused", (url, message) => expect(verdict(url)).toBe(message));

test.each([
  "https://localhost/",
  "https://LOCALHOST.:8443/",
  "https://a.localhost/",
  "https://127.1/",
  "https://0x7f.1/",
  "https://2130706433/",
  "https://017700000001/",
  "https://0x7f000001/",
  "https://127.0.0.1./",
  "https://[::1]/",
  "https://[::ffff:127.0.0.1]/",
  "https://[::ffff:7f00:1]/",
  "https://①②⑦.⓪.⓪.①/",
  "https://%31%32%37.0.0.1/",
  "https:127.0.0.1",
  "https:\\\\127.0.0.1\\x",
  "https://127。0。0。1/",
  "https://10.0.0.1\t/",
])("%s is private, however it is written", (url) => expect(verdict(url)).toMatch(refusedAs("private")));

test.each([
  "https://169.254.169.254/",
  "https://0xa9fea9fe/",
  "https://0/",
  "https://[fe80::1]/",
  "https://[::]/",
])("%s is reserved", (url) => expect(verdict(url)).toMatch(refusedAs("reserved")));

const octets = fc.oneof(
  fc.tuple(fc.constant(10), fc.nat(255), fc.nat(255), fc.nat(255)),
  fc.tuple(fc.constant(127), fc.nat(255), fc.nat(255), fc.nat(255)),
  fc.tuple(fc.constant(192), fc.constant(168), fc.nat(255), fc.nat(255)),
  fc.tuple(fc.constant(169), fc.constant(254), fc.nat(255), fc.nat(255)),
  fc.tuple(fc.constant(172), fc.integer({ min: 16, max: 31 }), fc.nat(255), fc.nat(255)),
);
const radix = fc.constantFrom(
  (n: number) => String(n),
  (n: number) => `0x${n.toString(16)}`,
  (n: number) => `0X${n.toString(16).toUpperCase().padStart(8, "0")}`,
  (n: number) => `0${n.toString(8)}`,
);

test("no spelling of an address that is not public passes", () => {
  fc.assert(
    fc.property(
      octets,
      fc.integer({ min: 1, max: 4 }),
      fc.array(radix, { minLength: 4, maxLength: 4 }),
      (parts, count, spell) => {
        // The last of `count` parts holds all remaining bytes, as inet_aton reads it.
        const last = parts.slice(count - 1).reduce((sum, part) => sum * 256 + part, 0);
        const host = [...parts.slice(0, count - 1), last]
          .map((part, index) => spell[index]?.(part))
          .join(".");
        expect(verdict(`https://${host}/`)).toMatch(refusedAs("(private|reserved)"));
        expect(verdict(`https://[::ffff:${parts.join(".")}]/`)).toMatch(refusedAs("(private|reserved)"));
      },
    ),
  );
});

test.each([
  [["localhost"], "https://localhost:3000/"],
  [["localhost"], "http://localhost:3000/"],
  [["localhost:3000"], "http://LocalHost.:3000/"],
  [["127.0.0.1:3000"], "http://127.0.0.1:3000/"],
  [["[::1]:3000"], "http://[::1]:3000/"],
  [["::1"], "http://[::1]/"],
  [["10.0.0.0/8"], "http://10.1.2.3/"],
  [["10.0.0.0/8"], "http://[::ffff:10.1.2.3]/"],
  [["10.0.0.0/8"], "http://billing.corp/"],
  [["169.254.169.254"], "http://169.254.169.254/"],
  [["169.254.169.254:80"], "http://169.254.169.254/"],
  [["fd00::/8"], "https://[fd00::5]/"],
  [["Billing.Corp."], "http://billing.corp/"],
  [["bücher.corp"], "http://xn--bcher-kva.corp/"],
])("allowPrivate %j opens %s", (allowPrivate, url) => expect(verdict(url, { allowPrivate })).toBe("ok"));

test.each([
  [["localhost:3000"], "https://localhost:3001/"],
  [["billing.corp"], "http://evil.billing.corp/"],
  [["billing.corp"], "https://10.0.0.1/"],
  [["10.0.0.0/8"], "https://11.0.0.1.nip.example@10.0.0.1/"],
  [["10.0.0.0/8"], "https://192.168.0.1/"],
  [["[fd00::1]:80"], "https://[fd00::1:80]/"],
  [["0.0.0.0/0"], "https://[::1]/"],
])("allowPrivate %j does not open %s", (allowPrivate, url) =>
  expect(verdict(url, { allowPrivate })).not.toBe("ok"),
);

test("http to public servers is for those who say so, and opens nothing else", () => {
  expect(verdict("http://example.com/", { allowHttp: true })).toBe("ok");
  expect(verdict("http://10.0.0.1/", { allowHttp: true })).toMatch(refusedAs("private"));
});

test.each([
  "",
  "a b",
  "http://a",
  "a/b",
  "10.0.0.0/33",
  "a:0",
  "a:65536",
  "a:b",
  "*",
  "*.corp",
  "user@a",
  "[::1",
  "a:1:2",
])("allowPrivate entry %j is refused by its index", (entry) => {
  const field = "allowPrivate[1]";
  let error: unknown;
  try {
    parsePolicy({ allowPrivate: ["ok", entry] });
  } catch (caught) {
    error = caught;
  }
  expect(isFault(error, "outbound_policy_invalid") && error.field).toBe(field);
});

test("policies that allow the same have the same key", () => {
  const key = (policy: OutboundPolicy) => parsePolicy(policy).key;
  expect(key({ allowPrivate: ["a", "10.0.0.0/8"] })).toBe(
    key({ allowPrivate: ["10.0.0.0/8", "A."], allowHttp: false }),
  );
  expect(key({ allowPrivate: ["a"] })).not.toBe(key({ allowPrivate: ["a"], allowHttp: true }));
  expect(key({ allowPrivate: ["a"] })).not.toBe(key({ allowPrivate: ["a:80"] }));
});
