import { isFault } from "@castellan/kernel";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseDatabaseUrl } from "./database-url.ts";

test("a URL becomes settings", () => {
  expect(
    parseDatabaseUrl("postgres://ann:p%40ss@db.example:6432/house?sslmode=verify-full&sslrootcert=/ca.pem"),
  ).toEqual({
    host: "db.example",
    port: 6432,
    user: "ann",
    password: "p@ss",
    database: "house",
    ssl: { verify: true, caFile: "/ca.pem" },
  });
  expect(parseDatabaseUrl("postgresql://ann@[::1]?sslmode=require")).toEqual({
    host: "::1",
    port: 5432,
    user: "ann",
    database: "ann",
    ssl: { verify: false },
  });
  const socket = { host: "/run/postgresql", port: 5432, user: "ann", database: "house" };
  expect(parseDatabaseUrl("postgres://ann@localhost/house?host=/run/postgresql")).toEqual(socket);
  expect(parseDatabaseUrl("postgres://ann@%2Frun%2Fpostgresql/house")).toEqual(socket);
});

test.each([
  ["house", "it is not a URL"],
  ["mysql://ann@db/house", "it must begin with postgres://"],
  ["postgres://db/house", "it names no user"],
  ["postgres:///house", "it names no host"],
  ["postgres://ann@db/house?sslmode=prefer", "sslmode must be disable, require or verify-full"],
  ["postgres://ann@db/house?sslrootcert=/ca.pem", "sslrootcert needs sslmode=verify-full"],
  ["postgres://ann@db/house?pool=5", 'the parameter "pool" is not known'],
  ["postgres://ann:%zz@db/house", "its password is not percent-encoded correctly"],
])("%s is refused: %s", (url, reason) => {
  expect(() => parseDatabaseUrl(url)).toThrow(
    expect.objectContaining({
      code: "database_url_invalid",
      message: `DATABASE_URL is not valid: ${reason}`,
    }),
  );
});

test("any user and password survive, and no refusal repeats a password", () => {
  fc.assert(
    fc.property(
      fc.string({ minLength: 1, unit: "grapheme" }),
      fc.string({ minLength: 8, unit: "grapheme" }),
      (user, password) => {
        const url = `postgres://${encodeURIComponent(user)}:${encodeURIComponent(password)}@db/house`;
        expect(parseDatabaseUrl(url)).toEqual({ host: "db", port: 5432, user, password, database: "house" });
        try {
          parseDatabaseUrl(`${url}?sslmode=x`);
        } catch (error) {
          expect(isFault(error) && !error.message.includes(password)).toBe(true);
        }
      },
    ),
  );
});
