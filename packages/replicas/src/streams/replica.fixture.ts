/**
 * A replica in a process of its own, for tests that kill it: `node replica.fixture.ts SETTINGS`, a
 * JSON object. It answers `hang` with one text and no end, and asks the parent's `hang` itself.
 */
import { openDatabase, type ConnectionSettings } from "@castellan/database";
import { systemClock, type Id } from "@castellan/kernel";
import { createVault, parseMasterKey } from "@castellan/vault";
import { createReplicas } from "../replicas.ts";
import { createRemoteStreams } from "./remote-streams.ts";

export interface FixtureSettings {
  readonly connection: ConnectionSettings;
  readonly masterKey: string;
  readonly rootSecret: string;
  readonly parent: string;
  readonly id: Id<"replica">;
  readonly leaseMs: number;
}

const settings = JSON.parse(process.argv[2] ?? "") as FixtureSettings;
const { connection, masterKey, rootSecret, parent, id, leaseMs } = settings;
const fail = (error: unknown) => process.stderr.write(`${String(error)}\n`);

const database = await openDatabase({ connection });
const ring = { current: parseMasterKey(masterKey, "masterKey"), older: [] };
const replicas = await createReplicas({
  database,
  vault: createVault(ring, Buffer.from(rootSecret, "hex")),
  clock: systemClock,
  id,
  leaseMs,
  renewMs: leaseMs / 5,
  onError: fail,
});
const streams = createRemoteStreams({ replicas, onError: fail });
streams.answer("hang", async (question, { send }) => {
  await send(`heard ${question}`);
  return new Promise<string>(() => {});
});
streams
  .ask(parent, "hang", "from the child", { onText: () => {}, signal: new AbortController().signal })
  .catch(fail);
// The replica's own timers keep no process alive.
setInterval(() => {}, 60_000);
