/**
 * The official suite (`@modelcontextprotocol/conformance`) in all four cells: the requirement set of the caller's
 * era, through a portal, against a fixture of the server's era. The same runs straight against the fixtures say that
 * a failure in a cell is the portal's.
 */
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { startCell } from "./cell.ts";
import { startLegacy } from "./fixture/legacy.ts";
import { startModern } from "./fixture/modern.ts";
import { clean, judge, type ExpectedFailure } from "./suite/judge.ts";
import { runSuite, scenariosOf } from "./suite/run.ts";

const eras = {
  legacy: { revision: "2025-11-25", required: 30, start: startLegacy },
  modern: { revision: "2026-07-28", required: 37, start: startModern },
} as const;

type Era = keyof typeof eras;

const cells: readonly (readonly [caller: Era, server: Era])[] = [
  ["legacy", "legacy"],
  ["modern", "modern"],
  ["modern", "legacy"],
  ["legacy", "modern"],
];

test.for(["legacy", "modern"] as const)("the %s fixture passes all of its era", async (era, { signal }) => {
  const { revision, required, start } = eras[era];
  await using fixture = await start();
  const scenarios = await scenariosOf(revision);
  expect([...scenarios.values()].filter((why) => why === "required")).toHaveLength(required);
  expect(judge(await runSuite(fixture.url, revision, signal), [...scenarios.keys()])).toEqual(clean);
});

test.for(cells)("a %s caller of a %s server sees a conforming one", async ([caller, server], { signal }) => {
  const { revision } = eras[caller];
  await using fixture = await eras[server].start();
  await using cell = await startCell(fixture);
  const outcome = await runSuite(cell.url, revision, signal);
  expect(judge(outcome, await held(caller, server), await expectedFailures(caller, server))).toEqual(clean);
});

/** All scenarios of the caller's set; between eras without those of extensions, which the other era does not have. */
async function held(caller: Era, server: Era): Promise<readonly string[]> {
  const scenarios = await scenariosOf(eras[caller].revision);
  return [...scenarios].filter(([, why]) => caller === server || why !== "extension").map(([name]) => name);
}

async function expectedFailures(caller: Era, server: Era): Promise<readonly ExpectedFailure[]> {
  const file = new URL(`expected-failures/${caller}-${server}.json`, import.meta.url);
  return JSON.parse(await readFile(file, "utf8")) as ExpectedFailure[];
}
