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
const facts = [
  "Portal: team",
  "Server: okrs",
  "Tool: okrs_delete (destructive)",
  "Client: Desk",
  "Asked from: 192.0.2.1",
  "Because of: ask-first",
  "Waits until: 2026-01-02T00:00:00.000Z",
].join("\n");

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
  ["approved", undefined, "approved", "The request was approved."],
  ["expired", undefined, "not decided in time", "The request was not decided in time."],
  ["rejected", "Not today", "rejected", "The request was rejected. Bob said: Not today."],
] as const)("whoever asked is told that it was %s", (state, reason, word, sentence) => {
  const at = new Date("2026-01-01T01:00:00Z");
  const rejection = reason === undefined ? undefined : { by: "usr_2", byName: "Bob", at, reason };
  const event = {
    kind: "decided",
    approval: { ...approval, state, rejection },
    to: ["ada@example.com"],
  } as const;
  const { letter, until } = approvalNotice(event, "https://mcp.example.com");
  expect([letter, until]).toEqual([
    {
      subject: `Your request was ${word}: okrs_delete`,
      lines: [`You asked to use okrs_delete of the server okrs. ${sentence}`, facts],
      link: { label: "Look at it", url },
    },
    undefined,
  ]);
});
