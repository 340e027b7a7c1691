import { spawn } from "node:child_process";
import { once } from "node:events";

import { expect, test } from "vitest";

import { readUsage } from "./usage.ts";

test.runIf(process.platform === "linux")("says what this process uses, within what it says of itself", () => {
  const before = process.resourceUsage();
  const usage = readUsage(process.pid)!;
  const ownMs = (before.userCPUTime + before.systemCPUTime) / 1_000;
  expect(usage.cpuMs).toBeGreaterThan(ownMs - 50);
  expect(usage.cpuMs).toBeLessThan(ownMs + 2_000);
  const residentMiB = process.memoryUsage.rss() / 1_048_576;
  expect(usage.residentMiB).toBeGreaterThan(residentMiB * 0.5);
  expect(usage.residentMiB).toBeLessThan(residentMiB * 2);
});

test("says nothing of a process that is gone", async () => {
  const child = spawn("/bin/sh", ["-c", "exit 0"]);
  await once(child, "close");
  expect(readUsage(child.pid!)).toBeUndefined();
});
