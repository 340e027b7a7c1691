import { sql } from "@castellan/database";
import { isFault } from "@castellan/kernel";
import { z } from "zod";
import { isoTime } from "../fields.ts";
import type { ApiPorts } from "../ports.ts";
import { defineRoute } from "../route.ts";

const count = z.number();

const databaseStatus = z.discriminatedUnion("ok", [
  z.object({
    ok: z.literal(true),
    version: z.string(),
    latencyMs: z.number().describe("One query, there and back"),
    clockAheadMs: z.number().describe("How far its clock is ahead of this replica's"),
  }),
  z.object({ ok: z.literal(false), code: z.string() }),
]);

const status = z
  .object({
    version: z.string(),
    replica: z.string(),
    time: isoTime.describe("This replica's clock"),
    database: databaseStatus,
    counts: z
      .object({
        servers: z.object({ total: count, waiting: count, ready: count, stale: count, error: count }),
        portals: count,
      })
      .optional(),
  })
  .meta({ id: "Status" });

export type Status = z.output<typeof status>;

/** It answers also when the database does not: then without counts. */
export const getStatus = defineRoute({
  id: "getStatus",
  method: "GET",
  path: "/status",
  summary: "Show what is running and whether it is well",
  permission: "read",
  query: z.strictObject({}),
  answer: status,
  handler: async (_request, ports) => {
    const { version, replica, clock } = ports;
    const face = { version, replica, time: new Date(clock.now()) };
    try {
      const database = await askDatabase(ports);
      return { ...face, database, counts: await countThings(ports) };
    } catch (error) {
      if (!isFault(error) || error.owner !== "system") throw error;
      return { ...face, database: { ok: false as const, code: error.code } };
    }
  },
});

async function askDatabase({ database, clock }: ApiPorts) {
  const startedMs = clock.monotonic();
  const [row] = await database.query<{ version: string; now: Date }>(
    sql`select current_setting('server_version') as version, clock_timestamp() as now`,
  );
  if (!row) throw new Error("The database answered without a row");
  const latencyMs = clock.monotonic() - startedMs;
  const clockAheadMs = Math.round(row.now.getTime() - (clock.now() - latencyMs / 2));
  return { ok: true as const, version: row.version, latencyMs, clockAheadMs };
}

async function countThings({ servers, portals }: ApiPorts) {
  const all = await servers.list();
  const byStatus = { waiting: 0, ready: 0, stale: 0, error: 0 };
  for (const { state } of all) byStatus[state.status]++;
  return { servers: { total: all.length, ...byStatus }, portals: (await portals.list()).length };
}
