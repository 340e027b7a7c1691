/** The outbox over real PostgreSQL, to a real mail server and a real receiver of webhooks. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "@castellan/database";
import { createAuthority } from "@castellan/web/testing";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { parseSmtpUrl } from "./mail/smtp-url.ts";
import type { Notice } from "./notice.ts";
import type { Notices } from "./notices.ts";
import { sweepNotices } from "./outbox/sweep.ts";
import {
  createTestOutbox,
  startMailServer,
  startReceiver,
  type Delivery,
  type MailServer,
  type Receiver,
  type TestOutbox,
} from "./testing.ts";
import { signatureHeaders } from "./webhooks/signature.ts";

let opened: AsyncDisposableStack;
let house: TestOutbox;
let receiver: Receiver;
let mail: MailServer;
beforeEach(async () => {
  opened = new AsyncDisposableStack();
  receiver = opened.use(await startReceiver());
  mail = opened.use(await startMailServer());
  house = opened.use(await createTestOutbox());
});
afterEach(() => opened.disposeAsync());

const asked: Notice = {
  kind: "approval.asked",
  emails: ["ada@example.com"],
  letter: { subject: "Ada asks", lines: ["May she?"], link: undefined },
  data: { approval: "apr_1" },
};

const smtpTo = ({ port }: MailServer, login = "") => ({
  server: parseSmtpUrl(`smtp://${login}127.0.0.1:${port}`),
  from: "castellan@mcp.example.com",
});
const send = (notices: Notices, notice: Notice) =>
  house.database.transaction((tx) => notices.send(tx, notice));
const hookUp = (name = "chat", fields: { kinds?: Notice["kind"][]; url?: string } = {}) =>
  house.webhooks.add(name, {
    url: receiver.url,
    kinds: [],
    allowPrivate: ["127.0.0.1"],
    isEnabled: true,
    ...fields,
  });
const all = async (notices: Notices) => (await notices.page({ limit: 100 })).items;
const settled = (notices: Notices, count: number) =>
  vi.waitFor(
    async () => {
      const items = await all(notices);
      expect(items.filter(({ state }) => state !== "waiting")).toHaveLength(count);
      return items;
    },
    { timeout: 15_000 },
  );

test("a webhook is told, signed, and a person gets a letter", async () => {
  const { secret } = await hookUp();
  const notices = await house.join({ smtp: smtpTo(mail) });
  const at = new Date(house.clock.now());
  await send(notices, { ...asked, emails: ["ada@example.com", "ada@example.com", "no address"] });
  const [byHook, byMail] = await settled(notices, 2);
  expect([byHook, byMail]).toEqual(
    [
      ["webhook", "chat"],
      ["email", "ada@example.com"],
    ].map(([channel, recipient]) => ({
      id: expect.stringMatching(/^ntc_/) as string,
      kind: "approval.asked",
      channel,
      recipient,
      state: "delivered",
      attempts: 1,
      nextAt: undefined,
      lastError: undefined,
      createdAt: at,
      settledAt: at,
    })),
  );
  const body = JSON.stringify({
    type: "approval.asked",
    timestamp: at.toISOString(),
    data: { approval: "apr_1" },
  });
  const timestamp = at.getTime() / 1000;
  expect(receiver.deliveries).toEqual([
    {
      path: "/hook",
      body,
      headers: expect.objectContaining({
        "content-type": "application/json",
        ...signatureHeaders({ id: byHook?.id ?? "", timestamp, body }, [secret]),
      }) as object,
    },
  ]);
  expect(mail.mails).toMatchObject([
    {
      from: "castellan@mcp.example.com",
      to: ["ada@example.com"],
      headers: {
        from: "Castellan <castellan@mcp.example.com>",
        to: "ada@example.com",
        subject: "Ada asks",
        "message-id": `<${byMail?.id}@mcp.example.com>`,
        "auto-submitted": "auto-generated",
      },
    },
  ]);
  expect(mail.mails[0]?.body).toMatch(/Content-Type: text\/plain[^]*May she\?[^]*Content-Type: text\/html/);
  const left = await house.database.query(sql`select 1 from notices where sealed_body is not null`);
  expect([left, house.errors]).toEqual([[], []]);
});

test("nobody's mailbox is filled: of one hour an address gets so many letters, and another one its own", async () => {
  const notices = await house.join({ smtp: smtpTo(mail) });
  for (let n = 0; n < 61; n += 1) await send(notices, asked);
  await send(notices, { ...asked, emails: ["ada@example.com", "bob@example.com"] });
  const counts = async () =>
    house.database.query(sql`select recipient, count(*)::int as count from notices group by 1 order by 1`);
  expect(await counts()).toEqual([
    { recipient: "ada@example.com", count: 60 },
    { recipient: "bob@example.com", count: 1 },
  ]);
  house.clock.advance(3_600_000);
  await send(notices, asked);
  expect(await counts()).toMatchObject([{ count: 61 }, { count: 1 }]);
});

test("what did not happen is told to nobody", async () => {
  await hookUp();
  const notices = await house.join({ smtp: smtpTo(mail) });
  const failing = house.database.transaction(async (tx) => {
    await notices.send(tx, asked);
    throw new Error("no");
  });
  await expect(failing).rejects.toThrow("no");
  await send(notices, { ...asked, emails: ["bob@example.com"] });
  await settled(notices, 2);
  expect([mail.mails.map(({ to }) => to), receiver.deliveries.length]).toEqual([[["bob@example.com"]], 1]);
});

test("webhooks hear what they want to hear, and switched off ones nothing; without a mail server there are no letters", async () => {
  await hookUp("asked", { kinds: ["approval.asked"] });
  await hookUp("decided", { kinds: ["approval.decided"] });
  await hookUp("off");
  await house.webhooks.change("off", { isEnabled: false });
  const notices = await house.join();
  await send(notices, asked);
  const items = await settled(notices, 1);
  expect(items.map(({ recipient }) => recipient)).toEqual(["asked"]);
});

test("it is tried again under the same id, later each time, until it arrives", async () => {
  await hookUp();
  receiver.answer = () => ({ status: 500 });
  const notices = await house.join();
  await send(notices, asked);
  const triedAgainAfter = (attempts: number, seconds: number) =>
    vi.waitFor(
      async () => {
        const nextAt = new Date(house.clock.now() + seconds * 1000);
        expect(await all(notices)).toMatchObject([
          { attempts, nextAt, state: "waiting", lastError: "It answered 500" },
        ]);
      },
      { timeout: 15_000 },
    );
  await triedAgainAfter(1, 5);
  house.clock.advance(5_000);
  await triedAgainAfter(2, 20);
  receiver.answer = () => ({ status: 200 });
  house.clock.advance(20_000);
  expect(await settled(notices, 1)).toMatchObject([{ state: "delivered", attempts: 3 }]);
  const told = receiver.deliveries.map(({ headers, body }) => [headers["webhook-id"], body]);
  expect(told).toEqual([told[0], told[0], told[0]]);
  const times = receiver.deliveries.map(({ headers }) => Number(headers["webhook-timestamp"]));
  expect(times.map((time) => time - (times[0] ?? 0))).toEqual([0, 5, 25]);
});

test("a receiver that asks for time gets it", async () => {
  await hookUp();
  receiver.answer = () => ({ status: 429, headers: { "retry-after": "600" } });
  const notices = await house.join();
  await send(notices, asked);
  await vi.waitFor(
    async () => {
      expect(await all(notices)).toMatchObject([
        { lastError: "It answered 429", nextAt: new Date(house.clock.now() + 600_000) },
      ]);
    },
    { timeout: 15_000 },
  );
});

test.each([
  ["410", () => ({ status: 410 }), "It answered 410"],
  [
    "a redirect, which is not followed",
    () => ({ status: 302, headers: { location: "/x" } }),
    "It answered 302",
  ],
])("given up: %s", async (_, answer, lastError) => {
  await hookUp();
  receiver.answer = answer;
  const notices = await house.join();
  await send(notices, { ...asked, until: new Date(house.clock.now() + 5_000) });
  expect(await settled(notices, 1)).toMatchObject([{ state: "failed", attempts: 1, lastError }]);
  expect(receiver.deliveries.length).toBe(1);
});

test("what nobody wants to hear of any more is not told", async () => {
  await hookUp();
  receiver.answer = () => ({ status: 500 });
  const notices = await house.join();
  await send(notices, { ...asked, until: new Date(house.clock.now() + 10_000) });
  await expect.poll(() => all(notices)).toMatchObject([{ lastError: "It answered 500" }]);
  house.clock.advance(11_000);
  expect(await settled(notices, 1)).toMatchObject([
    { state: "failed", lastError: "It could not be told while anybody wanted to hear of it" },
  ]);
  expect(receiver.deliveries.length).toBe(1);
});

test("an address that is not public is told nothing unless an admin allowed it", async () => {
  await hookUp();
  await house.webhooks.change("chat", { allowPrivate: [] });
  const notices = await house.join();
  await send(notices, asked);
  await vi.waitFor(
    async () => {
      expect((await all(notices))[0]?.lastError).toBe(
        `url: ${new URL(receiver.url).host} leads to a private address that no administrator allowed`,
      );
    },
    { timeout: 15_000 },
  );
  expect(receiver.deliveries).toEqual([]);
});

test("a webhook that is removed is told no more", async () => {
  await hookUp();
  receiver.answer = () => ({ status: 500 });
  const notices = await house.join();
  await send(notices, asked);
  await expect.poll(() => all(notices)).toMatchObject([{ lastError: "It answered 500" }]);
  await house.webhooks.remove("chat");
  house.clock.advance(5_000);
  expect(await settled(notices, 1)).toMatchObject([
    { state: "failed", lastError: "The webhook was removed or switched off" },
  ]);
});

test("of two replicas one tells it; a dead one's attempt is made by another", async () => {
  await hookUp();
  const [one, other] = [await house.join(), await house.join()];
  for (let sent = 0; sent < 10; sent += 1) await send(sent % 2 ? one : other, asked);
  await settled(one, 10);
  expect(new Set(receiver.deliveries.map(({ headers }) => headers["webhook-id"])).size).toBe(10);
  expect(receiver.deliveries.length).toBe(10);
  // As a replica leaves it that was killed in the middle.
  await house.database.query(sql`
    update notices set state = 'waiting', next_at = ${new Date(house.clock.now() + 120_000)},
           sealed_body = ''
     where id = (select min(id) from notices)`);
  house.clock.advance(119_999);
  expect((await all(one)).filter(({ state }) => state === "waiting")).toHaveLength(1);
  house.clock.advance(1);
  await vi.waitFor(
    async () => {
      const items = await all(one);
      expect(items.find(({ state }) => state === "waiting")?.attempts).toBe(2);
    },
    { timeout: 15_000 },
  );
});

test("a receiver that does not answer holds up nobody else, and a replica that stops gives its attempt back", async () => {
  const { promise: never } = Promise.withResolvers<{ status: number }>();
  await hookUp("slow", { url: `${receiver.url}/slow` });
  receiver.answer = ({ path }) => (path.endsWith("/slow") ? never : { status: 204 });
  const notices = await house.join();
  await send(notices, asked);
  await hookUp("quick", { kinds: ["approval.decided"] });
  await house.webhooks.change("slow", { kinds: ["approval.asked"] });
  for (let sent = 0; sent < 3; sent += 1) await send(notices, { ...asked, kind: "approval.decided" });
  const items = await settled(notices, 3);
  expect(items.map(({ recipient, state }) => `${recipient} ${state}`)).toEqual([
    ...Array(3).fill("quick delivered"),
    "slow waiting",
  ]);
  await notices[Symbol.asyncDispose]();
  expect(await all(notices)).toMatchObject([
    {},
    {},
    {},
    { attempts: 0, nextAt: new Date(house.clock.now()) },
  ]);
});

test("while a secret is rotated deliveries are signed under both", async () => {
  const { secret: before } = await hookUp();
  const { secret } = await house.webhooks.rotateSecret("chat", 60_000);
  const notices = await house.join();
  const signal = new AbortController().signal;
  expect(await notices.test("chat", signal)).toEqual({ kind: "delivered", status: 204 });
  house.clock.advance(60_000);
  await notices.test("chat", signal);
  const expected = [[secret, before], [secret]].map((secrets, at) => {
    const { headers = {}, body = "" }: Partial<Delivery> = receiver.deliveries[at] ?? {};
    const id = String(headers["webhook-id"]);
    return signatureHeaders({ id, timestamp: Number(headers["webhook-timestamp"]), body }, secrets);
  });
  expect(receiver.deliveries.map(({ headers }) => headers)).toMatchObject(expected);
  expect(JSON.parse(receiver.deliveries[0]?.body ?? "")).toMatchObject({
    type: "webhook.test",
    data: { webhook: "chat" },
  });
});

test("a test tells what is wrong", async () => {
  await hookUp();
  const notices = await house.join();
  const signal = new AbortController().signal;
  receiver.answer = () => ({ status: 404 });
  expect(await notices.test("chat", signal)).toEqual({
    kind: "later",
    error: "It answered 404",
    status: 404,
  });
  await house.webhooks.change("chat", { isEnabled: false });
  expect(await notices.test("chat", signal)).toEqual({
    kind: "never",
    error: "The webhook is switched off",
  });
  await expect(notices.test("nobody", signal)).rejects.toMatchObject({ code: "webhook_not_found" });
});

test("a mailbox that is not there is given up at once, a login that fails is not", async () => {
  const picky = opened.use(
    await startMailServer({
      onRcptTo: ({ address }, _session, done) =>
        address === "gone@example.com"
          ? done(Object.assign(new Error("no such user"), { responseCode: 550 }))
          : done(),
      allowInsecureAuth: true,
    }),
  );
  const notices = await house.join({ smtp: smtpTo(picky, "castellan:wrong@") });
  await send(notices, asked);
  await vi.waitFor(
    async () => {
      expect((await all(notices))[0]?.lastError).toMatch(/^Invalid login: 535/);
    },
    { timeout: 15_000 },
  );
  await notices[Symbol.asyncDispose]();
  const mended = await house.join({ smtp: smtpTo(picky, "castellan:right@") });
  await send(mended, { ...asked, emails: ["gone@example.com"] });
  house.clock.advance(5_000);
  const items = await settled(mended, 2);
  expect(items.map(({ recipient, state, attempts }) => [recipient, state, attempts])).toEqual([
    ["gone@example.com", "failed", 1],
    ["ada@example.com", "delivered", 2],
  ]);
  expect(picky.mails).toMatchObject([{ to: ["ada@example.com"], user: "castellan" }]);
});

test("letters go over TLS to a server that proves who it is, and to no other", async () => {
  const folder = await mkdtemp(join(tmpdir(), "notices-"));
  opened.defer(() => rm(folder, { recursive: true }));
  const { authority, server } = createAuthority("127.0.0.1");
  const caFile = join(folder, "ca.pem");
  await writeFile(caFile, authority);
  const tls = opened.use(await startMailServer({ ...server, disabledCommands: [] }));
  const strict = (to: MailServer) => {
    const { server: of, from } = smtpTo(to);
    return { server: { ...of, tls: "starttls" as const }, from, caFile };
  };
  const trusting = await house.join({ smtp: strict(tls) });
  await send(trusting, asked);
  expect(await settled(trusting, 1)).toMatchObject([{ state: "delivered" }]);
  expect(tls.mails).toMatchObject([{ isOverTls: true }]);
  await trusting[Symbol.asyncDispose]();
  for (const smtp of [strict(mail), { ...strict(tls), caFile: undefined }]) {
    const notices = await house.join({ smtp });
    await send(notices, { ...asked, emails: [`${crypto.randomUUID()}@example.com`] });
    await vi.waitFor(async () => expect((await all(notices))[0]?.lastError).toBeDefined(), {
      timeout: 15_000,
    });
    await notices[Symbol.asyncDispose]();
  }
  expect([mail.mails.length, tls.mails.length]).toEqual([0, 1]);
});

test("what was settled long ago is forgotten, failures later than the rest", async () => {
  await hookUp();
  const notices = await house.join();
  await send(notices, asked);
  await settled(notices, 1);
  receiver.answer = () => ({ status: 410 });
  await send(notices, asked);
  await settled(notices, 2);
  const leftAfter = async (days: number) => {
    await sweepNotices(house.database, house.clock.now() + days * 24 * 60 * 60 * 1000 + 1);
    return (await all(notices)).map(({ state }) => state);
  };
  expect(await leftAfter(6)).toEqual(["failed", "delivered"]);
  expect(await leftAfter(7)).toEqual(["failed"]);
  expect(await leftAfter(30)).toEqual([]);
});

test("pages hold the newest first", async () => {
  await hookUp();
  const notices = await house.join();
  for (let sent = 0; sent < 3; sent += 1) await send(notices, asked);
  const items = await settled(notices, 3);
  const ids = items.map(({ id }) => id);
  expect(ids).toEqual(ids.toSorted().toReversed());
  const first = await notices.page({ limit: 2, state: "delivered" });
  expect([first.items, first.next]).toEqual([items.slice(0, 2), ids[1]]);
  expect(await notices.page({ limit: 2, after: first.next })).toEqual({
    items: items.slice(2),
    next: undefined,
  });
  expect(await notices.page({ limit: 2, channel: "email" })).toEqual({ items: [], next: undefined });
});
