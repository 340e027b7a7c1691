/**
 * The official suite's scenarios for clients that are authorized, of both requirement sets: the house is the client, for a
 * person who calls through a portal.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { clean, judge } from "../suite/judge.ts";
import { runClientScenario, scenariosOf } from "../suite/run.ts";
import { openTheatre, type Theatre } from "./person.ts";

let theatre: Theatre;
beforeAll(async () => {
  theatre = await openTheatre();
});
afterAll(() => theatre?.[Symbol.asyncDispose]());

/** One sign-in, and all calls are done. */
const usual = ["link_required", "done", "done"];

/** Where the person is asked more often or not at all, or where it is right that they never get in: their sign-in fails. */
const others: Readonly<Record<string, readonly string[]>> = {
  "auth/scope-step-up": ["link_required", "link_required", "done", "done"],
  "auth/scope-retry-limit": ["link_required", "upstream_unauthorized"],
  // It says that it has all lists, refuses the person's own ones, and after three refusals says only that it is over.
  "modern auth/scope-retry-limit": ["link_required", "upstream_refused"],
  // The server takes one request with what the first gave: that in which the person's own list is read.
  "auth/authorization-server-migration": ["link_required", "link_required", "done", "done"],
  "auth/client-credentials-jwt": ["done", "done"],
  "auth/client-credentials-basic": ["done", "done"],
  "auth/resource-mismatch": ["link_required"],
  "auth/metadata-issuer-mismatch": ["link_required"],
  "auth/iss-supported-missing": ["link_required"],
  "auth/iss-wrong-issuer": ["link_required"],
  "auth/iss-unexpected": ["link_required"],
  "auth/iss-normalized": ["link_required"],
};

/** Not scored. */
const extensions = ["auth/client-credentials-jwt", "auth/client-credentials-basic"];

/**
 * Not scored, and not to be played here: the first wants an ID token of a provider exchanged, where identities are this
 * installation's own; the others are drafts that are not offered (DPoP, workload identities).
 */
const left = ["auth/enterprise-managed-authorization", "auth/dpop", "auth/dpop-nonce", "auth/wif-jwt-bearer"];

const revisions = [
  { revision: "2025-11-25", era: "legacy", count: 14 },
  { revision: "2026-07-28", era: "modern", count: 25 },
] as const;

describe.each(revisions)("$revision", async ({ revision, era, count }) => {
  const all = [...(await scenariosOf(revision, "client"))].filter(([name]) => name.startsWith("auth/"));
  const required = all.filter(([, why]) => why === "required").map(([name]) => name);

  test("the set is the one that is known here", () => {
    expect(required).toHaveLength(count);
    expect(all.filter(([, why]) => why === "extension").map(([name]) => name)).toEqual([
      ...extensions,
      ...left,
    ]);
  });

  test.for([...required, ...extensions])("%s", async (scenario, { signal }) => {
    let said: readonly string[] = [];
    const play: Parameters<typeof runClientScenario>[2] = async (task) => {
      said = await theatre.play(task, era);
    };
    const outcome = await runClientScenario(scenario, revision, play, signal);
    const expected = others[`${era} ${scenario}`] ?? others[scenario] ?? usual;
    expect({ said, ...judge(outcome, [scenario]) }).toEqual({ said: expected, ...clean });
  });
});
