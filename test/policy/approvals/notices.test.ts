/** Who may decide is told of a request, and who asked of what came of it: by e-mail, and programs by signed webhooks. */
import { createHmac } from "node:crypto";
import {
  startMailServer,
  startReceiver,
  type Delivery,
  type MailServer,
  type Receiver,
} from "@castellan/notices/testing";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { idIn, last, openApprovals, outcome, press, type ApprovalScene, type Visitor } from "./scene.ts";

const opened = new AsyncDisposableStack();
let mail: MailServer;
let receiver: Receiver;
let secret: string;
let scene: ApprovalScene;
let ann: Visitor;
let lea: Visitor;
beforeAll(async () => {
  mail = opened.use(await startMailServer());
  receiver = opened.use(await startReceiver());
  const env = {
    CASTELLAN_SMTP_URL: `smtp://127.0.0.1:${mail.port}`,
    CASTELLAN_MAIL_FROM: "castellan@mcp.example.com",
  };
  scene = opened.use(await openApprovals({ env }));
  ann = await scene.come("Ann");
  lea = await scene.come("Lea", "leads");
  ({ secret } = await scene.api<{ secret: string }>("POST", "/webhooks", {
    name: "chat",
    url: receiver.url,
    kinds: ["approval.asked", "approval.decided"],
    allowPrivate: ["127.0.0.1"],
  }));
});
afterAll(() => opened.disposeAsync());
beforeEach(() => {
  mail.mails.length = 0;
  receiver.deliveries.length = 0;
});

/** When so many have come, and no more. */
async function delivered(mails: number, deliveries: number): Promise<void> {
  await vi.waitFor(
    () => expect([mail.mails.length, receiver.deliveries.length]).toEqual([mails, deliveries]),
    {
      timeout: 10_000,
    },
  );
}

/** What a letter says, as a reader shows it (RFC 2045 §6.7). */
const wordsOf = (body: string) => body.replaceAll("=\r\n", "").replaceAll("=3D", "=");

function readSigned({ headers, body }: Delivery) {
  const [id, timestamp] = [headers["webhook-id"], headers["webhook-timestamp"]];
  const key = Buffer.from(secret.slice("whsec_".length), "base64");
  const signature = createHmac("sha256", key)
    .update(`${String(id)}.${String(timestamp)}.${body}`)
    .digest("base64");
  expect(headers["webhook-signature"]).toBe(`v1,${signature}`);
  return JSON.parse(body) as { type: string; data: Record<string, unknown> };
}

test.each([
  ["yes", "approved"],
  ["no", "rejected"],
] as const)("asked, and then %s: each is told once, and of no arguments", async (button, state) => {
  const mark = `secret of ${button}`;
  const { error } = await last(scene.call(ann.door, "ask", { mark }));
  const { url, approvalId } = error.data;
  await delivered(1, 1);
  const [asked] = mail.mails;
  expect([asked?.from, asked?.to, asked?.headers["subject"]]).toEqual([
    "castellan@mcp.example.com",
    ["lea@example.com"],
    "Ann asks for approval: modern_ask",
  ]);
  const link = /https?:\/\/[^\s"<]+\/approvals\/[^\s"<]+/.exec(wordsOf(asked?.body ?? ""))?.[0];
  expect(link).toBe(url);
  const [told] = receiver.deliveries.map(readSigned);
  expect([told?.type, told?.data]).toEqual([
    "approval.asked",
    expect.objectContaining({ id: approvalId, state: "pending", url, rules: ["ask-modern-leads"] }),
  ]);
  // The same call once more is the same request: nobody is told again.
  expect(await outcome(scene.call(ann.door, "ask", { mark }, { replica: 1 }))).toBe("approval_required");
  await press(lea.browser, link ?? "", button, { reason: "so it is" });
  await delivered(2, 2);
  const answer = mail.mails[1];
  expect([answer?.to, answer?.headers["subject"]]).toEqual([
    ["ann@example.com"],
    `Your request was ${state}: modern_ask`,
  ]);
  const decided = readSigned(receiver.deliveries[1] as Delivery);
  expect([decided.type, decided.data]).toEqual([
    "approval.decided",
    expect.objectContaining({ id: approvalId, state }),
  ]);
  const ids = receiver.deliveries.map(({ headers }) => headers["webhook-id"]);
  expect(new Set(ids).size).toBe(2);
  const all = JSON.stringify([mail.mails, receiver.deliveries]);
  expect(all).not.toContain(mark);
});

test("not decided in time: who asked is told, and who may decide is asked anew by the next call", async () => {
  const mark = "nobody was there";
  const { error } = await last(scene.call(ann.door, "ask", { mark }));
  await delivered(1, 1);
  await scene.age(error.data.approvalId, 24 * 60 * 60);
  expect(await outcome(scene.call(ann.door, "ask", { mark }))).toBe("approval_required");
  await delivered(3, 3);
  expect(
    mail.mails
      .slice(1)
      .map(({ to, headers }) => [to[0], headers["subject"]])
      .toSorted(),
  ).toEqual([
    ["ann@example.com", "Your request was not decided in time: modern_ask"],
    ["lea@example.com", "Ann asks for approval: modern_ask"],
  ]);
});

test("a yes that fell away is asked for anew, and told", async () => {
  const mark = "fell away";
  const { error } = await last(scene.call(ann.door, "ask", { mark }));
  await press(lea.browser, error.data.url, "yes");
  await delivered(2, 2);
  const leo = await scene.come("Leo", "leads");
  await scene.move(lea);
  try {
    expect(await outcome(scene.call(ann.door, "ask", { mark }))).toBe("approval_required");
    await delivered(3, 3);
    expect(mail.mails[2]?.to).toEqual([leo.email]);
    expect(readSigned(receiver.deliveries[2] as Delivery)).toMatchObject({
      type: "approval.asked",
      data: { id: idIn(error.data.url), state: "pending" },
    });
  } finally {
    await scene.move(lea, "leads");
  }
});
