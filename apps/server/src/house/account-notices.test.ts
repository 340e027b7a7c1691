import type { Account } from "@castellan/credentials";
import { createId } from "@castellan/kernel";
import { expect, test } from "vitest";
import { refusedSecretNotice, sharedAccountNotice } from "./account-notices.ts";

const account: Account = {
  id: createId("account"),
  targetId: "srv_1",
  owner: { kind: "shared" },
  kind: "oauth",
  issuer: "https://login.crm.example",
  scopes: ["read"],
  wantedScopes: [],
  state: "needs_sign_in",
  reason: "invalid_grant",
  failure: undefined,
  isRenewable: true,
  expiresAt: undefined,
  linkedBy: "Ada",
  linkedFrom: undefined,
  linkedAt: new Date("2026-01-01T00:00:00Z"),
  refreshedAt: undefined,
  usedAt: undefined,
  link: 1,
};
const about = {
  target: { slug: "crm", title: "CRM" },
  emails: ["root@example.com"],
  publicUrl: "https://mcp.example.com",
};

test("admins are told what is wrong with a shared sign-in, and what to do", () => {
  expect(sharedAccountNotice({ account, ...about })).toEqual({
    kind: "credential.failed",
    emails: ["root@example.com"],
    letter: {
      subject: "The shared sign-in at CRM does not work any more",
      lines: [
        "What was signed in with is refused for good. Until somebody signs in again, the lists of crm are those of the last good reading, and calls that are made with it fail: castellan server login crm",
        [
          "Server: crm",
          "Authorization server: https[:]//login[.]crm[.]example",
          "Signed in: Ada, 1 January 2026 at 00:00 UTC",
          "What is wrong: invalid_grant",
        ].join("\n"),
      ],
      link: { label: "Look at the servers", url: "https://mcp.example.com/links" },
    },
    data: {
      server: "crm",
      url: "https://mcp.example.com/links",
      account: {
        id: account.id,
        issuer: "https://login.crm.example",
        state: "needs_sign_in",
        reason: "invalid_grant",
        failure: undefined,
        wantedScopes: [],
        linkedBy: "Ada",
        linkedAt: account.linkedAt,
      },
    },
  });
});

test("each failure says what mends it, and a stranger's words stay one line without links", () => {
  const failing = (code: string, message: string): Account => ({
    ...account,
    state: "linked",
    reason: undefined,
    failure: { code, message, at: new Date("2026-01-02T00:00:00Z"), times: 8 },
  });
  const linesOf = (one: Account) => sharedAccountNotice({ account: one, ...about }).letter.lines;
  expect(linesOf(failing("upstream_client_refused", "no such\nclient: see http://evil.example"))).toEqual([
    "The authorization server refuses this installation as its client, so nobody can sign in at crm. Give it the secret of now, or another client: castellan server edit crm --client-secret-file FILE",
    [
      "Server: crm",
      "Authorization server: https[:]//login[.]crm[.]example",
      "Signed in: Ada, 1 January 2026 at 00:00 UTC",
      "What is wrong: no such client: see http[:]//evil[.]example",
    ].join("\n"),
  ]);
  expect(linesOf(failing("credentials_unavailable", "timeout"))[0]).toBe(
    "It could not be renewed many times in a row. It is tried again by itself; if it goes on, sign in again: castellan server login crm",
  );
});

test("a shared sign-in that lacks scopes is told with those that are wanted", () => {
  const lacking: Account = { ...account, state: "linked", reason: undefined, wantedScopes: ["write", "all"] };
  expect(sharedAccountNotice({ account: lacking, ...about }).letter.lines).toEqual([
    "The server wants more than was allowed at the sign-in, so some calls that are made with it fail. Sign in again with each scope below that it shall have: castellan server login crm --scope SCOPE",
    [
      "Server: crm",
      "Authorization server: https[:]//login[.]crm[.]example",
      "Signed in: Ada, 1 January 2026 at 00:00 UTC",
      "What is wrong: it lacks the scopes write all",
    ].join("\n"),
  ]);
});

test("admins are told that a server does not take what was given for all", () => {
  const target = { slug: "crm", title: "CRM", auth: { kind: "bearer" } } as const;
  const { emails, publicUrl } = about;
  expect(refusedSecretNotice({ target, by: "target", emails, publicUrl })).toEqual({
    kind: "credential.failed",
    emails,
    letter: {
      subject: "CRM does not take what it is called with any more",
      lines: [
        "The server refuses what it is given for all, so calls to crm fail. Look whether the secret still holds, and give another one if not: castellan server edit crm",
        "Server: crm\nAuth: bearer",
      ],
      link: { label: "Look at the servers", url: "https://mcp.example.com/links" },
    },
    data: { server: "crm", url: "https://mcp.example.com/links", auth: "bearer", refusedBy: "target" },
  });
});
