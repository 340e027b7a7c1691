/** What the tests of this package share: an outbox with a real mail server and a real receiver of webhooks beside it. */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { changeMigrations, createChangeFeed, type Database } from "@castellan/database";
import { createTestDatabase } from "@castellan/database/testing";
import { createManualClock, type ManualClock } from "@castellan/kernel";
import { createVault, generateMasterKey, type Vault } from "@castellan/vault";
import { createOutbound, type Outbound } from "@castellan/web";
import { SMTPServer, type SMTPServerOptions, type SMTPServerSession } from "smtp-server";
import { noticeMigrations } from "./migrations.ts";
import { createNotices, type Notices, type NoticesOptions } from "./notices.ts";
import { createWebhookStore, type WebhookStore } from "./webhooks/webhook-store.ts";

export interface TestOutbox extends AsyncDisposable {
  readonly database: Database;
  readonly vault: Vault;
  readonly clock: ManualClock;
  readonly outbound: Outbound;
  readonly webhooks: WebhookStore;
  readonly errors: unknown[];
  /** Another replica. It looks into the outbox often, since the clock is moved by hand. */
  join(options?: Partial<NoticesOptions>): Promise<Notices>;
}

export async function createTestOutbox(): Promise<TestOutbox> {
  await using opened = new AsyncDisposableStack();
  const database = opened.use(await createTestDatabase([changeMigrations, noticeMigrations]));
  const vault = createVault({ current: generateMasterKey().key, older: [] }, randomBytes(32));
  const clock = createManualClock();
  const outbound = opened.use(createOutbound());
  const errors: unknown[] = [];
  const onError = (error: unknown) => errors.push(error);
  const owned = opened.move();
  return {
    database,
    vault,
    clock,
    outbound,
    webhooks: createWebhookStore({ database, vault, clock }),
    errors,
    join: async (options) => {
      const changes = owned.use(await createChangeFeed({ database, onError }));
      return owned.use(
        createNotices({ database, vault, clock, changes, outbound, onError, pollMs: 20, ...options }),
      );
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

export interface Delivery {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Receiver extends AsyncDisposable {
  readonly url: string;
  readonly deliveries: Delivery[];
  /** What it answers from now on; default 204. A promise holds the answer back. */
  answer: (
    delivery: Delivery,
  ) => { status: number; headers?: Record<string, string> } | Promise<{ status: number }>;
}

/** What receives webhooks. */
export async function startReceiver(): Promise<Receiver> {
  const server = createServer(async (request, response) => {
    const delivery = { path: request.url ?? "", headers: request.headers, body: await text(request) };
    receiver.deliveries.push(delivery);
    const { status, headers = {} } = { headers: undefined, ...(await receiver.answer(delivery)) };
    response.writeHead(status, headers ?? {}).end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const receiver: Receiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    deliveries: [],
    answer: () => ({ status: 204 }),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return receiver;
}

export interface ReceivedMail {
  readonly from: string;
  readonly to: readonly string[];
  /** By name in lower case, unfolded. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly isOverTls: boolean;
  readonly user: string | undefined;
}

export interface MailServer extends AsyncDisposable {
  readonly port: number;
  readonly mails: ReceivedMail[];
}

/** A mail server that takes what its options let in. */
export async function startMailServer(options: SMTPServerOptions = {}): Promise<MailServer> {
  const mails: ReceivedMail[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ["STARTTLS"],
    onAuth: ({ username, password }, _session, done) =>
      password === "right" ? done(null, { user: username ?? "" }) : done(new Error("wrong")),
    onData(stream, session, done) {
      void text(stream)
        .then((raw) => mails.push(toMail(raw, session)))
        .finally(done);
    },
    ...options,
  });
  server.on("error", () => {});
  const listening = server.listen(0, "127.0.0.1");
  await once(listening, "listening");
  return {
    port: (listening.address() as AddressInfo).port,
    mails,
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

function toMail(raw: string, { envelope, secure, user }: SMTPServerSession): ReceivedMail {
  const [head = "", ...rest] = raw.split("\r\n\r\n");
  const lines = head.replaceAll(/\r\n[ \t]+/g, " ").split("\r\n");
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  return {
    from: envelope.mailFrom === false ? "" : envelope.mailFrom.address,
    to: envelope.rcptTo.map(({ address }) => address),
    headers: Object.fromEntries(headers),
    body: rest.join("\r\n\r\n"),
    isOverTls: secure,
    user: user === undefined ? undefined : String(user),
  };
}
