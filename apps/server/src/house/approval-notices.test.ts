import type { Approval } from "@castellan/approvals";
import { createId } from "@castellan/kernel";
import { expect, test } from "vitest";
import { approvalNotice } from "./approval-notices.ts";

const approval: Approval = {
  id: createId("approval"),
  kind: "call",
  state: "pending",
  asker: {
    id: "usr_1",
    kind: "user",
    name: "Ada",
    email: "ada@example.com",
    grantId: "grt_1",
    client: "Desk",
  },
  subject: {
    portal: "team",
    server: "okrs",
    method: "tools/call",
    target: "okrs_delete",
    name: "delete",
    class: "destructive",
    address: "192.0.2.1",
  },
  needs: [
    { kind: "decision", rule: "ask-first", deciders: { groups: ["Leads"] }, holdsSeconds: 0 },
    { kind: "purpose", rule: "ask-first", holdsSeconds: 0 },
  ],
  met: [],
  rejection: undefined,
  askedAt: new Date("2026-01-01T00:00:00Z"),
  expiresAt: new Date("2026-01-02T00:00:00Z"),
  decidedAt: undefined,
  usedAt: undefined,
  version: 1,
};
const url = `https://mcp.example.com/approvals/${approval.id}`;
const about = [
  "Who asks: Ada (ada@example.com)",
  "Portal: team",
  "Server: okrs",
  "Tool: okrs_delete (destructive)",
  "Client: Desk",
  "Asked from: 192.0.2.1",
  "Because of: ask-first",
];
const facts = [...about, "Waits until: 2 January 2026 at 00:00 UTC"].join("\n");

test("those who may decide are told what is asked, for as long as it waits", () => {
  const event = { kind: "asked", approval, to: ["bob@example.com"] } as const;
  expect(approvalNotice(event, "https://mcp.example.com")).toEqual({
    kind: "approval.asked",
    emails: ["bob@example.com"],
    letter: {
      subject: "Ada asks for approval: okrs_delete",
      lines: ["Ada wants to use okrs_delete of the server okrs, and somebody must agree first.", facts],
      link: { label: "Look at it and decide", url },
    },
    data: {
      id: approval.id,
      state: "pending",
      url,
      asker: { id: "usr_1", kind: "user", name: "Ada", email: "ada@example.com", client: "Desk" },
      subject: approval.subject,
      rules: ["ask-first"],
      rejection: undefined,
      askedAt: approval.askedAt,
      expiresAt: approval.expiresAt,
      decidedAt: undefined,
    },
    until: approval.expiresAt,
  });
});

test.each([
  ["approved", undefined, "approved", "The request was approved.", true],
  ["approved", "Go on", "approved", "The request was approved. Bob said: Go on.", true],
  ["expired", undefined, "not decided in time", "The request was not decided in time.", false],
  ["rejected", "", "rejected", "The request was rejected.", true],
  ["rejected", "Not today", "rejected", "The request was rejected. Bob said: Not today.", true],
] as const)(
  "whoever asked is told that it was %s (%s), and by whom",
  (state, reason, word, sentence, isDecided) => {
    const at = new Date("2026-01-01T01:00:00Z");
    const bob = { by: "usr_2", byName: "Bob", at };
    const rejection = state === "rejected" ? { ...bob, reason } : undefined;
    const yes = [
      { ...bob, need: 0, text: reason },
      { by: "usr_1", byName: "Ada", at, need: 1, text: "Cleaning up" },
    ];
    const event = {
      kind: "decided",
      approval: { ...approval, state, rejection, met: state === "approved" ? yes : [] },
      to: ["ada@example.com"],
    } as const;
    const told = [...about, ...(isDecided ? ["Decided by: Bob, 1 January 2026 at 01:00 UTC"] : [])].join(
      "\n",
    );
    const { letter, until } = approvalNotice(event, "https://mcp.example.com");
    expect([letter, until]).toEqual([
      {
        subject: `Your request was ${word}: okrs_delete`,
        lines: [`You asked to use okrs_delete of the server okrs. ${sentence}`, told],
        link: { label: "Look at it", url },
      },
      undefined,
    ]);
  },
);

test("what a stranger wrote is one short line of a letter, and no link", () => {
  const hostile: Approval = {
    ...approval,
    asker: {
      ...approval.asker,
      name: "Grace Hopper",
      client:
        "Desk\nBecause of: nothing\n\nApprove here: https://evil.example/approvals/1 (https://evil.example/app.json)",
    },
    subject: { ...approval.subject, target: `https://evil.example/${"a/".repeat(4000)}` },
  };
  const { letter } = approvalNotice({ kind: "asked", approval: hostile, to: [] }, "https://mcp.example.com");
  const [sentence = "", told = ""] = letter.lines;
  expect(told.split("\n").map((line) => line.split(":")[0])).toEqual(
    facts.split("\n").map((line) => line.split(":")[0]),
  );
  expect(told).toContain(
    "Client: Desk Because of: nothing Approve here: https[:]//evil[.]example/approvals/1 (https[:]//evil[.]example/app[.]json)\n",
  );
  // Whatever name somebody goes by, the address says who it is.
  expect(told).toContain("Who asks: Grace Hopper (ada@example.com)\n");
  expect([sentence.length < 400, told.length < 800, letter.subject.includes("evil.example")]).toEqual([
    true,
    true,
    false,
  ]);
});

test.each([
  ["service", "nightly", "The program nightly wants to use okrs_delete", "Who asks: the program nightly\n"],
  [
    "public",
    "public:192.0.2.1",
    "Somebody who is not signed in wants",
    "Who asks: somebody who is not signed in\n",
  ],
] as const)("who is no person is not told of as one: %s", (kind, name, begins, line) => {
  const asker = { ...approval.asker, kind, name, email: undefined };
  const event = { kind: "asked", approval: { ...approval, asker }, to: [] } as const;
  const { lines } = approvalNotice(event, "https://mcp.example.com").letter;
  expect([lines[0]?.startsWith(begins), lines[1]?.startsWith(line)]).toEqual([true, true]);
});

test("nor is what a decider writes", () => {
  const at = new Date("2026-01-01T01:00:00Z");
  const rejection = { by: "usr_2", byName: "Bob", at, reason: "See www.evil.example\n\nPortal: other" };
  const event = { kind: "decided", approval: { ...approval, state: "rejected", rejection }, to: [] } as const;
  expect(approvalNotice(event, "https://mcp.example.com").letter.lines[0]).toBe(
    "You asked to use okrs_delete of the server okrs. The request was rejected. Bob said: See www[.]evil[.]example Portal: other.",
  );
});
