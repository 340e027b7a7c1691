/** Two replicas under measurement over one PostgreSQL, which this program runs for them as an operator would. */
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEmbeddedServer, type ConnectionSettings } from "@castellan/database";
import { startMeasuredCastellan, type MeasuredCastellan } from "./castellan.ts";

export interface MeasuredReplicas extends AsyncDisposable {
  readonly first: MeasuredCastellan;
  readonly second: MeasuredCastellan;
  /** Their database. */
  readonly connection: ConnectionSettings;
}

/** `env`: settings of both. What they call themselves is the address of the first. */
export async function startMeasuredReplicas(
  env: Readonly<Record<string, string>> = {},
): Promise<MeasuredReplicas> {
  await using opened = new AsyncDisposableStack();
  const dataDir = await mkdtemp(join(tmpdir(), "castellan-bench-"));
  opened.defer(() => rm(dataDir, { recursive: true, force: true }));
  const { connection } = opened.use(await startEmbeddedServer({ dataDir }));
  const { host, port, user, database } = connection;
  const shared = {
    ...env,
    DATABASE_URL: `postgres://${user}@localhost:${port}/${database}?host=${encodeURIComponent(host)}`,
    CASTELLAN_MASTER_KEY: randomBytes(32).toString("base64"),
  };
  const first = opened.use(await startMeasuredCastellan({ env: shared }));
  const second = opened.use(
    await startMeasuredCastellan({ env: { ...shared, CASTELLAN_PUBLIC_URL: first.url }, beside: first }),
  );
  const owned = opened.move();
  return { first, second, connection, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
