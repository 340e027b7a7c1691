/**
 * A load balancer of the unkind sort: every POST goes to the next living replica in turn, GET and DELETE too
 * unless a test says where to. What it hears it passes on at once, a dead replica's connections break at the
 * client as they broke here, and it remembers which replica got which message.
 */
import { type IncomingMessage, type ServerResponse, createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { pipeline } from "node:stream";

export interface Delivery {
  /** Index of the replica. */
  readonly replica: number;
  readonly httpMethod: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
  /** The JSON-RPC method; `response` for an answer to a question, undefined where there is no message. */
  readonly method: string | undefined;
  /** The replica's HTTP status; undefined when it broke the connection before. */
  readonly status: Promise<number | undefined>;
}

/** Says to which replica a message goes; undefined: in turn. */
export type Aim = (message: Omit<Delivery, "replica" | "status">) => number | undefined;

export interface Relay extends AsyncDisposable {
  readonly url: string;
  readonly deliveries: readonly Delivery[];
  /** Deliveries of one JSON-RPC method (or `response`), so far. */
  of(method: string): readonly Delivery[];
  /** Leaves a replica out from now on: it is dead, or is to be spared. */
  leaveOut(replica: number): void;
  /** Takes it in again. */
  takeIn(replica: number): void;
  /** May be set while it runs. */
  aim: Aim | undefined;
}

export async function startRelay(targets: readonly string[]): Promise<Relay> {
  const deliveries: Delivery[] = [];
  const leftOut = new Set<number>();
  /** Of POSTs, and of everything else: a GET in between must not put two POSTs on one replica. */
  const turns = { post: 0, other: 0 };
  let aim: Aim | undefined;

  function inTurn(kind: keyof typeof turns): number {
    for (let tries = 0; tries < targets.length; tries++) {
      const replica = turns[kind]++ % targets.length;
      if (!leftOut.has(replica)) return replica;
    }
    throw new Error("No replica is left");
  }

  async function relay(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const { method: httpMethod = "", url: path = "", headers } = incoming;
    const text = body.toString("utf8");
    const message = { httpMethod, path, headers, body: text, method: methodOf(text) };
    const replica = aim?.(message) ?? inTurn(httpMethod === "POST" ? "post" : "other");
    const status = Promise.withResolvers<number | undefined>();
    deliveries.push({ ...message, replica, status: status.promise });

    // A connection for each: what is reused might be one that the replica is just closing.
    const forwarded = request(`${targets[replica]}${path}`, {
      method: httpMethod,
      headers: { ...headers, connection: "close" },
      agent: false,
    });
    forwarded.once("response", (answer) => {
      status.resolve(answer.statusCode);
      response.writeHead(answer.statusCode ?? 502, hopFree(answer.headers));
      response.flushHeaders();
      pipeline(answer, response, () => {
        if (!answer.complete) response.destroy();
      });
    });
    forwarded.once("error", () => {
      status.resolve(undefined);
      response.destroy();
    });
    // Whoever hung up at the relay hangs up at the replica.
    response.once("close", () => forwarded.destroy());
    forwarded.end(body);
  }

  const server = createServer((incoming, response) => {
    relay(incoming, response).catch(() => response.destroy());
  });
  server.requestTimeout = 0;
  server.listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    deliveries,
    of: (method) => deliveries.filter((each) => each.method === method),
    leaveOut: (replica) => void leftOut.add(replica),
    takeIn: (replica) => void leftOut.delete(replica),
    get aim() {
      return aim;
    },
    set aim(next) {
      aim = next;
    },
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Headers of this hop only (RFC 9110 §7.6.1). */
const ofOneHop = new Set(["connection", "keep-alive", "transfer-encoding"]);

function hopFree(headers: IncomingMessage["headers"]): IncomingMessage["headers"] {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !ofOneHop.has(name)));
}

function methodOf(text: string): string | undefined {
  try {
    const message = JSON.parse(text) as { method?: string; id?: unknown };
    return message.method ?? (message.id === undefined ? undefined : "response");
  } catch {
    return undefined;
  }
}
