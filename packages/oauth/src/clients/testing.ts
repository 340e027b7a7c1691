/** For the tests of clients: the real parts on a database of their own, and a web server for descriptions. */
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { accessMigrations } from "@castellan/access";
import { changeMigrations, type Database } from "@castellan/database";
import { createTestDatabase } from "@castellan/database/testing";
import { createManualClock, type ManualClock } from "@castellan/kernel";
import { createRateLimiter, limitMigrations } from "@castellan/limits";
import { createOutbound, type Outbound } from "@castellan/web";
import { createClients, type Clients, type ClientsOptions } from "./clients.ts";
import { clientMigrations } from "./migrations.ts";

export interface TestClients extends AsyncDisposable {
  readonly clients: Clients;
  readonly database: Database;
  readonly clock: ManualClock;
  readonly errors: unknown[];
  /** As another replica has them, or one with other settings. */
  again(options: Partial<ClientsOptions>): Clients;
}

export async function createTestClients(options: Partial<ClientsOptions> = {}): Promise<TestClients> {
  await using opened = new AsyncDisposableStack();
  const database = opened.use(
    await createTestDatabase([changeMigrations, accessMigrations, limitMigrations, clientMigrations]),
  );
  const clock = createManualClock(Date.now());
  const errors: unknown[] = [];
  const onError = (error: unknown) => errors.push(error);
  const limiter = opened.use(createRateLimiter({ database, clock, onError }));
  const outbound = opened.use(createOutbound());
  const make = (others: Partial<ClientsOptions>) =>
    createClients({
      database,
      clock,
      limiter,
      outbound,
      registration: "open",
      redirectRules: [],
      registrationEndpoint: "https://castellan.example/oauth/register",
      onError,
      ...options,
      ...others,
    });
  const clients = opened.use(make({}));
  const owned = opened.move();
  return {
    clients,
    database,
    clock,
    errors,
    again: (others) => owned.use(make(others)),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

export interface DocumentServer extends AsyncDisposable {
  /** Requests that go to `https://client.example`, or below it, arrive at this server; the rest goes by the usual rules. */
  readonly outbound: Pick<Outbound, "fetch">;
  /** The paths that were asked for. */
  readonly asked: string[];
  /** What it answers. */
  answer: RequestListener;
}

export const documentUrl = "https://client.example/oauth/client.json";

export const aDocument = {
  client_id: documentUrl,
  client_name: "Example Client",
  client_uri: "https://client.example/",
  redirect_uris: ["https://client.example/cb", "http://127.0.0.1/cb"],
};

/** Serves a description with these headers. */
export function describes(value: unknown, headers: Record<string, string> = {}): RequestListener {
  return (_request, response) => {
    const body = typeof value === "string" ? value : JSON.stringify(value);
    response.writeHead(200, { "content-type": "application/json", ...headers }).end(body);
  };
}

export async function serveDocuments(
  answer: RequestListener = describes(aDocument),
): Promise<DocumentServer> {
  await using opened = new AsyncDisposableStack();
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? "");
    served.answer(request, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const outbound = opened.use(createOutbound());
  const owned = opened.move();
  const served: DocumentServer = {
    asked,
    answer,
    outbound: {
      fetch: (url, init) =>
        /(?:^|\.)client\.example$/.test(new URL(url).hostname)
          ? outbound.fetch(origin + new URL(url).pathname, {
              ...init,
              policy: { allowPrivate: ["127.0.0.1"] },
            })
          : outbound.fetch(url, init),
    },
    async [Symbol.asyncDispose]() {
      await owned.disposeAsync();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return served;
}
