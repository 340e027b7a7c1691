/** A replica that is killed in the middle of what it owns. */
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";
import { createTestDatabase } from "@castellan/database/testing";
import { createId, systemClock } from "@castellan/kernel";
import { createVault, generateMasterKey } from "@castellan/vault";
import { expect, test } from "vitest";
import { replicaMigrations } from "../migrations.ts";
import { createReplicas } from "../replicas.ts";
import type { RemoteAsk } from "./question.ts";
import { createRemoteStreams } from "./remote-streams.ts";
import type { FixtureSettings } from "./replica.fixture.ts";

const program = fileURLToPath(new URL("replica.fixture.ts", import.meta.url));
const leaseMs = 2_000;

test("when a replica is killed, who waits for it is told within its lease, and what it asked is aborted", async () => {
  await using database = await createTestDatabase([replicaMigrations]);
  const { key, text } = generateMasterKey();
  const rootSecret = randomBytes(32);
  const vault = createVault({ current: key, older: [] }, rootSecret);
  const onError = (error: unknown) => expect.unreachable(String(error));
  await using replicas = await createReplicas({ database, vault, clock: systemClock, onError });
  await using streams = createRemoteStreams({ replicas, checkMs: 100, onError });
  const asked = Promise.withResolvers<RemoteAsk>();
  streams.answer("hang", (_, ask) => {
    asked.resolve(ask);
    return new Promise<string>(() => {});
  });

  const id = createId("replica");
  const settings: FixtureSettings = {
    connection: database.connection,
    masterKey: text,
    rootSecret: rootSecret.toString("hex"),
    parent: replicas.id,
    id,
    leaseMs,
  };
  const child = spawn(process.execPath, [program, JSON.stringify(settings)], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  try {
    const { signal } = await asked.promise;
    const heard = Promise.withResolvers<string>();
    const answer = streams
      .ask(id, "hang", "the parent", { onText: heard.resolve, signal: new AbortController().signal })
      .catch((error: unknown) => error);
    expect(await heard.promise).toBe("heard the parent");
    expect([signal.aborted, await replicas.isAlive(id)]).toEqual([false, true]);
    child.kill("SIGKILL");
    const killedAt = systemClock.monotonic();
    const gone = expect.objectContaining({ code: "replica_gone", owner: "system", retryable: true });
    expect(await answer).toEqual(gone);
    // The lease, half a second for which an answer is remembered, and the time between two looks.
    expect(systemClock.monotonic() - killedAt).toBeLessThan(leaseMs + 2_000);
    if (!signal.aborted)
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
    expect(signal.reason).toEqual(gone);
    await expect(replicas.send(id, "topic", "too late")).rejects.toEqual(gone);
  } finally {
    child.kill("SIGKILL");
  }
});
