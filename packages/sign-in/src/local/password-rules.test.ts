import { isFault } from "@castellan/kernel";
import { expect, test } from "vitest";
import { parsePassword } from "./password-rules.ts";

const holder = { email: "ada.lovelace@example.com", name: "Ada Lovelace" };

test.each([
  "correct horse battery staple",
  "gdPq82-xKw!yT",
  "vier Tassen Tee am Morgen",
  "кошка ест рыбу",
  "🦉🐝🌵🎻🛶🧭🪁🪨🍋🧵🫖🪶",
  "x7!".repeat(42).slice(0, 110) + "abq49zkt",
])("%j is taken as it is", (password) => {
  expect(parsePassword(password, holder)).toBe(password.normalize("NFKC"));
});

test.each([
  "short",
  "elevenchars",
  "x".repeat(129),
  "aaaaaaaaaaaaaaaa",
  "abababababab",
  "123456789012",
  "qwertyuiop12",
  "Password1234",
  "password!2026",
  "P@ssw0rd1234",
  "castellan1234",
  "lovelace-2026",
  "Ada.Lovelace.1",
  "example.com-1",
  "abcdefghijklmnop",
  "zyxwvutsrqponm",
  "Summer2026!!!!",
  "letmein letmein",
])("%j is refused", (password) => {
  const refuse = () => parsePassword(password, holder);
  expect(refuse).toThrow(/^The password /);
  try {
    refuse();
  } catch (error) {
    expect(isFault(error, "invalid_input") && error.field).toBe("password");
    expect(String(error)).not.toContain(password);
  }
});

test("two spellings of one letter are one password", () => {
  expect(parsePassword("cafe\u0301 au lait complet", holder)).toBe("café au lait complet");
});
