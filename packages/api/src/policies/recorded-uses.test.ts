import type { RecordedCall } from "@castellan/audit";
import { setImmediate } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Caller, Connection } from "@castellan/policy";
import { systemClock } from "@castellan/kernel";
import { expect, test } from "vitest";
import type { ApiPorts } from "../ports.ts";
import { readUses, type Reading } from "./recorded-uses.ts";

/** Calls of strangers, each from an address of its own, of which each page is made when it is asked for. */
const audit: Pick<ApiPorts["audit"], "list"> = {
  list: async ({ limit = 1, cursor } = {}) => {
    const first = Number(cursor ?? 0);
    const calls = Array.from({ length: limit }, (_, at) => call(first + at));
    return { calls, nextCursor: String(first + limit) };
  },
};

function call(number: number): RecordedCall {
  const address = `2001:db8:${(number >> 8).toString(16)}:${(number & 255).toString(16)}::1`;
  return {
    portal: "open",
    server: "docs",
    class: "read",
    method: "tools/call",
    principalKind: "public",
    principalId: `public:${address}`,
    principalName: "public",
    clientAddress: address,
    startedAtMs: 0,
  } as Partial<RecordedCall> as RecordedCall;
}

test("of strangers without number only some are held in memory", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const seen: WeakRef<Caller | Connection>[] = [];
  const reading: Reading = { read: 0, skipped: 0, isCut: false };
  const ports = { audit, countryOf: () => "ZZ", clock: systemClock } as unknown as ApiPorts;
  const uses = readUses(
    { filter: {}, maxCalls: 30_000, ports, signal: new AbortController().signal },
    reading,
  );
  for (let at = 0; at < 20_000; at++) {
    const { value } = await uses.next();
    if (value) seen.push(new WeakRef(value.caller), new WeakRef(value.connection));
  }
  await setImmediate();
  collect();
  expect([reading.read, seen.length]).toEqual([20_000, 40_000]);
  const held = seen.filter((one) => one.deref() !== undefined).length;
  // Not before it was counted: whoever is still reading holds what it holds.
  await uses.return(undefined);
  // A thousand of each here, and as many callers as calls themselves keep.
  expect(held).toBeLessThan(5_000);
});
