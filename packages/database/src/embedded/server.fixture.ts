/**
 * A process that owns an embedded server, for tests that kill it: `node server.fixture.ts DATA_DIR`.
 * Each line in is a statement, each line out a JSON object with one of `ready`, `fault`, `rows`, `log`, `drained`.
 */
import { createInterface } from "node:readline";
import { isFault } from "@castellan/kernel";
import { openDatabase } from "../database.ts";
import { startEmbeddedServer } from "./server.ts";

function tell(message: Readonly<Record<string, unknown>>): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

function toFault(error: unknown): object {
  const { message } = error as Error;
  return isFault(error) ? { code: error.code, message } : { message };
}

const [dataDir = ""] = process.argv.slice(2);
try {
  const server = await startEmbeddedServer({ dataDir, log: (log) => tell({ log }) });
  const database = await openDatabase({ connection: server.connection });
  const answer = async (text: string) => {
    try {
      tell({ rows: await database.query({ text, values: [] }) });
    } catch (error) {
      tell({ fault: toFault(error), problem: server.problem });
    }
  };
  createInterface({ input: process.stdin }).on("line", (text) => void answer(text));
  for (const signal of ["SIGTERM", "SIGINT"] as const)
    process.once(signal, async () => {
      // What a drain does: new connections and statements while the signal is long past.
      const rows = await database.query({
        text: "select pg_sleep(0.5)::text, count(*) from pg_class",
        values: [],
      });
      await database[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
      tell({ drained: rows.length });
      process.exit(0);
    });
  tell({ ready: { connection: server.connection, pid: server.pid } });
} catch (error) {
  tell({ fault: toFault(error) });
  process.exit(1);
}
