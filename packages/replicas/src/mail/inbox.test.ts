import { sql, type Queryable } from "@castellan/database";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { createTestInstallation } from "../testing.ts";
import { Inbox } from "./inbox.ts";
import { letterContext, letterId } from "./letter.ts";

const installation = await createTestInstallation();
afterAll(() => installation[Symbol.asyncDispose]());
const { database, vault } = installation;

async function write(from: string, number: number): Promise<void> {
  const address = { to: "rep_me", from, number, topic: "t" };
  await database.query(sql`
    insert into mail (id, to_replica, from_replica, topic, number, sealed_body)
    values (${letterId(address)}, 'rep_me', ${from}, 't', ${number}, ${vault.seal(`${number}`, letterContext(address))})`);
}

/** What happens between two letters: a read that goes well, or breaks before or after its statement was run. */
const step = fc.constantFrom("write a", "write b", "read", "cut before", "cut after");

test("however reads break and letters come, each is delivered once, in its sender's order, and deleted", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      await database.query(sql`delete from mail`);
      const heard: string[] = [];
      const inbox = new Inbox({
        id: "rep_me",
        vault,
        deliver: async (topic, body, from) => void heard.push(`${topic} ${from} ${body}`),
        onRoom: () => {},
        onError: (error) => heard.push(String(error)),
      });
      const numbers = { a: 0, b: 0 };
      const read = async (cut: string) => {
        const line: Queryable = {
          query: async (statement) => {
            const rows = cut === "cut before" ? [] : await database.query(statement);
            if (cut !== "read") throw new Error("cut");
            return rows as never;
          },
        };
        await inbox.read(line).catch(() => {});
      };
      for (const each of steps) {
        if (each === "write a") await write("a", (numbers.a += 1));
        else if (each === "write b") await write("b", (numbers.b += 1));
        else await read(each);
      }
      await read("read");
      await read("read");
      for (const from of ["a", "b"] as const)
        expect(heard.filter((line) => line.startsWith(`t ${from} `))).toEqual(
          Array.from({ length: numbers[from] }, (_, index) => `t ${from} ${index + 1}`),
        );
      expect([heard.length, await database.query(sql`select from mail`)]).toEqual([
        numbers.a + numbers.b,
        [],
      ]);
    }),
    { numRuns: 30 },
  );
});
