import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Refusal, draftInvoice, sendInvoice } from "./invoice.ts";
import { openStore } from "./store.ts";

const now = new Date("2026-11-02T09:00:00.000Z");
const make = (name: string) => (id: string) =>
  draftInvoice(
    id,
    {
      customer: { name, email: "someone@example.com" },
      currency: "EUR",
      lines: [{ description: "x", quantity: 1, unitPriceMinor: 100 }],
      dueOn: "2026-11-30",
    },
    now,
  );

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "invoices-"));
});
afterEach(() => rm(folder, { recursive: true }));

test("what was acknowledged is there after opening the file again, and ids go on", async () => {
  const path = join(folder, "invoices.json");
  const first = await openStore(path);
  await Promise.all(["Ada", "Bo", "Cy"].map((name) => first.add(make(name))));
  await first.change("inv_1002", (invoice) => sendInvoice(invoice, now));

  const second = await openStore(path);
  expect(second.list().map(({ id, status, customer }) => [id, status, customer.name])).toEqual([
    ["inv_1003", "draft", "Cy"],
    ["inv_1002", "sent", "Bo"],
    ["inv_1001", "draft", "Ada"],
  ]);
  expect((await second.add(make("Di"))).id).toBe("inv_1004");
  expect(await readdir(folder)).toEqual(["invoices.json"]);
});

test("a refused or failed change leaves memory and file as they were, and the next one works", async () => {
  const path = join(folder, "invoices.json");
  const store = await openStore(path);
  const heard: string[] = [];
  store.onChange((id, kind) => heard.push(`${kind} ${id}`));
  await store.add(make("Ada"));
  const text = await readFile(path, "utf8");

  await expect(store.change("inv_9", (invoice) => invoice)).rejects.toThrow(
    new Refusal("There is no invoice inv_9. Use list_invoices to find the id."),
  );
  await expect(
    store.change("inv_1001", () => {
      throw new Refusal("no");
    }),
  ).rejects.toThrow("no");
  expect(await readFile(path, "utf8")).toBe(text);
  expect(store.get("inv_1001").status).toBe("draft");

  await store.change("inv_1001", (invoice) => sendInvoice(invoice, now));
  expect(heard).toEqual(["added inv_1001", "changed inv_1001"]);
});

test("a change that cannot be written is not shown", async () => {
  const path = join(folder, "gone", "invoices.json");
  const store = await openStore(path);
  await expect(store.add(make("Ada"))).rejects.toThrow("ENOENT");
  expect(store.list()).toEqual([]);
});

test("a file that is not ours is refused by name, not overwritten", async () => {
  const path = join(folder, "other.json");
  await writeFile(path, '{"nextNumber":1,"invoices":[{"id":"inv_1"}]}');
  await expect(openStore(path)).rejects.toThrow(`${path} is not a file of invoices: `);
  await writeFile(path, "{");
  await expect(openStore(path)).rejects.toThrow(`${path} is not a file of invoices: `);
});

test("filters join with and", async () => {
  const store = await openStore();
  for (const name of ["Ada Byron", "Bo", "ada@lovelace"]) await store.add(make(name));
  await store.change("inv_1001", (invoice) => sendInvoice(invoice, now));
  const ids = (filter: Parameters<typeof store.list>[0]) => store.list(filter).map(({ id }) => id);
  expect(ids({ customer: "ADA" })).toEqual(["inv_1003", "inv_1001"]);
  expect(ids({ customer: "ada", status: "sent" })).toEqual(["inv_1001"]);
  expect(ids({ overdueAt: new Date("2026-12-24") })).toEqual(["inv_1001"]);
  expect(ids({ overdueAt: now })).toEqual([]);
});
