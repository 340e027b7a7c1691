import { approvalFaults } from "@castellan/approvals";
import { credentialFaults, type LinkRequest } from "@castellan/credentials";
import { createId, isFault, kernelFaults } from "@castellan/kernel";
import { expect, test } from "vitest";
import { linkErrand } from "../linking/link-errand.ts";
import { testServer } from "../testing.ts";
import { errandNoteOf, errandOf } from "./errand-note.ts";

const personId = createId("user");
const pending: LinkRequest = {
  id: createId("link"),
  targetId: createId("server"),
  owner: { kind: "person", id: personId },
  personId,
  reason: "not_linked",
  scopes: [],
  from: undefined,
  state: "pending",
  createdAt: new Date(0),
  expiresAt: new Date(3_600_000),
  settledAt: undefined,
} as never;
const url = `https://castellan.example/links/${pending.id}`;
const links = {
  ask: () => Promise.resolve(pending),
  findAll: () => Promise.resolve([pending]),
  settled: () => Promise.resolve({ ...pending, state: "linked" as const }),
  decline: () => Promise.resolve({ ...pending, state: "declined" as const }),
  pageOf: () => url,
};

test("what a call waits for comes back out of its refusal, and is an errand again", async () => {
  const refusal = linkErrand(pending, testServer("drive"), { links }).refusal(true);
  const note = errandNoteOf(refusal);
  expect(note).toEqual({
    kind: "link",
    id: pending.id,
    url,
    message: '"drive" is used with your own account there: sign in first.',
  });
  if (!note) throw new TypeError("there is one");
  const kept = JSON.parse(JSON.stringify(note)) as typeof note;
  const errand = errandOf(kept, personId, { links, approvals: undefined as never });
  expect([errand.key, errand.url, errand.message]).toEqual([`castellan_${pending.id}`, url, note.message]);
  const wait = { signal: new AbortController().signal, timeoutMs: 1 };
  expect(await errand.settled(wait)).toBe("done");
  expect(isFault(await errand.decline(), "link_declined")).toBe(true);
});

test.each([
  ["which names no page", linkErrand(pending, testServer("drive"), { links }).refusal(false)],
  ["of another kind", kernelFaults.fault("cancelled", "no")],
  [
    "without an id",
    credentialFaults.fault("link_required", "x", { data: { elicitations: [{ url, message: "m" }] } }),
  ],
  [
    "with an id of another kind",
    approvalFaults.fault("approval_required", "x", {
      data: { approvalId: pending.id, elicitations: [{ url, message: "m" }] },
    }),
  ],
  ["with no text", approvalFaults.fault("approval_required", "x", { data: { elicitations: [{ url }] } })],
])("a fault %s is none that a person could see to", (_, fault) => {
  expect(errandNoteOf(fault)).toBeUndefined();
});
