import { setImmediate } from "node:timers/promises";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { PersonRows } from "./choice-store.ts";
import { KnownPeople, KnownPerson } from "./known-people.ts";

const rows = (serverId: string): PersonRows => ({
  off: [{ portalId: "p", clientId: undefined, serverId }],
  told: [{ portalId: "p", serverId }],
});

test("whatever the order in which readings end, the one that began last is what is known", () => {
  fc.assert(
    fc.property(fc.shuffledSubarray([0, 1, 2, 3, 4], { minLength: 5 }), (order) => {
      const person = new KnownPerson("usr_1");
      const takes = order.map(() => person.begin());
      for (const at of order) takes[at]?.(rows(`srv_${at}`));
      expect(person.offAt({ portalId: "p", clientId: undefined })).toEqual(new Set(["srv_4"]));
      expect(person.toldAt("p")).toEqual(new Set(["srv_4"]));
    }),
  );
});

test("many who ask for one person at once have one reading, and the same one then", async () => {
  const asked: (readonly string[])[] = [];
  const people = new KnownPeople({
    async read(ids) {
      asked.push(ids);
      await setImmediate();
      return new Map();
    },
  });
  const found = await Promise.all([people.of("usr_1"), people.of("usr_1"), people.of("usr_2")]);
  expect(found[0]).toBe(found[1]);
  expect(people.of("usr_1")).toBe(found[0]);
  expect(asked).toEqual([["usr_1"], ["usr_2"]]);
});

test("a change while somebody is read for the first time is not missed", async () => {
  const readings: ((found: PersonRows) => void)[] = [];
  const people = new KnownPeople({
    read(ids) {
      const { promise, resolve } = Promise.withResolvers<ReadonlyMap<string, PersonRows>>();
      readings.push((found) => resolve(new Map(ids.map((id) => [id, found]))));
      return promise;
    },
  });
  const coming = people.of("usr_1");
  const changing = people.changed(["usr_1", "usr_unknown"]);
  readings[1]?.(rows("srv_new"));
  expect(await changing).toEqual(["usr_1"]);
  readings[0]?.(rows("srv_old"));
  expect((await coming).toldAt("p")).toEqual(new Set(["srv_new"]));
});
