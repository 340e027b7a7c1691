import { expect, test } from "vitest";
import { parseSmtpUrl } from "./smtp-url.ts";

const shown = (text: string) => {
  const { login, ...server } = parseSmtpUrl(text);
  return { ...server, login: login && [login.user, login.password.reveal()] };
};

test.each([
  ["smtps://mail.example.com", { host: "mail.example.com", port: 465, tls: "implicit", login: undefined }],
  ["smtp://mail.example.com", { host: "mail.example.com", port: 587, tls: "starttls", login: undefined }],
  [
    "smtp://a%40b:p%2Fw@mail.example.com:2525",
    { host: "mail.example.com", port: 2525, tls: "starttls", login: ["a@b", "p/w"] },
  ],
  ["smtp://relay:25?tls=optional", { host: "relay", port: 25, tls: "optional", login: undefined }],
  ["smtp://a:b@127.0.0.1:1025", { host: "127.0.0.1", port: 1025, tls: "optional", login: ["a", "b"] }],
  ["smtp://[::1]:1025", { host: "::1", port: 1025, tls: "optional", login: undefined }],
])("%s", (text, expected) => {
  expect(shown(text)).toEqual(expected);
});

test.each([
  ["mail.example.com", "must be a URL such as smtps://user:password@mail.example.com"],
  ["https://mail.example.com", "must be a URL such as smtps://user:password@mail.example.com"],
  ["smtp://", "must be a URL such as smtps://user:password@mail.example.com"],
  ["smtp://a/b", "must have no path and no fragment"],
  ["smtp://a?tls=none", "must have no query but tls=optional, with smtp only"],
  ["smtps://a?tls=optional", "must have no query but tls=optional, with smtp only"],
  [
    "smtp://u:p@relay?tls=optional",
    "must not have a password with tls=optional: it would travel where anybody can read it",
  ],
  ["smtp://%ff:p@a", "must have its user and password percent-encoded"],
])("%s is refused", (text, message) => {
  expect(() => parseSmtpUrl(text)).toThrow(message);
});

test("a password does not show", () => {
  expect(JSON.stringify(parseSmtpUrl("smtps://u:hidden@a"))).toBe(
    '{"host":"a","port":465,"tls":"implicit","login":{"user":"u","password":"[secret]"}}',
  );
});
