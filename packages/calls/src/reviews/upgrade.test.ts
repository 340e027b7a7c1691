import { changeMigrations, migrate, sql } from "@castellan/database";
import { createTestDatabase } from "@castellan/database/testing";
import { expect, test } from "vitest";
import { createDefinitionStore } from "../catalog/definition-store.ts";
import { callMigrations } from "../migrations.ts";
import { createDefinitionReviews } from "./definition-reviews.ts";

const before = callMigrations.filter(({ id }) => id < "calls.0003");

test("what was in use before there were reviews stays in use, and what changes then is held back", async () => {
  await using database = await createTestDatabase([changeMigrations, before]);
  await database.query(sql`
    insert into servers (id, slug, title, url)
    values ('srv_1', 'a', 'A', 'https://a.example/'), ('srv_2', 'b', 'B', 'https://b.example/')`);
  const legacy = String.raw`{ "instructions" : "Ask\u0020 \"me\" 1E400", "n":1E400 }`;
  const modern = String.raw`{"instructions":"Ask me","x":"\u0000"}`;
  await database.query(sql`
    insert into server_states (server_id, attempted_at, synced_at, legacy_hello, modern_hello)
    values ('srv_1', now(), now(), ${legacy}, ${modern}), ('srv_2', now(), now(), '[1]', '{"instructions":""}')`);
  const tool = '{ "name":"t", "inputSchema":{"type":"object"}, "annotations":{"readOnlyHint":true} }';
  await database.query(sql`
    insert into definitions (server_id, kind, name, public_name, ordinal, definition)
    values ('srv_1', 'tool', 't', 'a_t', 1, ${tool})`);

  await migrate(database, [changeMigrations, callMigrations]);

  const store = createDefinitionStore(database);
  const now = async () =>
    (await store.findByServers(["srv_1", "srv_2"]))
      .get("srv_1")
      ?.map(({ kind, name, text, review, class: toolClass }) => ({ kind, name, text, review, toolClass }));
  const instructions = {
    kind: "instructions",
    name: "legacy",
    text: String.raw`"Ask\u0020 \"me\" 1E400"`,
    review: "approved",
    toolClass: "read",
  };
  expect(await now()).toEqual([
    instructions,
    { kind: "tool", name: "t", text: tool, review: "approved", toolClass: "read" },
  ]);

  const sync = (text: string) =>
    store.saveSync("srv_1" as never, {
      definitions: [{ kind: "tool", name: "t", publicName: "a_t", text }],
      skipped: [],
      latencyMs: 1,
      modern: undefined,
      legacy: undefined,
    });
  // Written in another way it says the same.
  await sync('{"annotations":{"readOnlyHint":true},"name":"t","inputSchema":{"type":"object"}}');
  expect(await now()).toMatchObject([{ review: "approved" }]);
  const changed = '{"annotations":{"readOnlyHint":false},"name":"t","inputSchema":{"type":"object"}}';
  await sync(changed);
  expect(await now()).toMatchObject([{ review: "changed", toolClass: "destructive" }]);
  const [shown] = (await createDefinitionReviews({ database }).list("a")).definitions;
  expect(shown).toMatchObject({
    text: changed,
    approvedText: '{"annotations":{"readOnlyHint":true},"name":"t","inputSchema":{"type":"object"}}',
  });
});
