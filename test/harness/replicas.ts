/** Real Castellan processes over one PostgreSQL, behind a relay that sends each message to another of them. */
import { toolClasses } from "@castellan/access";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createTestDatabase } from "@castellan/database/testing";
import { startCastellan, type Castellan } from "../heavy/process/castellan.ts";
import { createHome } from "../heavy/process/home.ts";
import { eventually } from "../heavy/process/proc.ts";
import { apiAt } from "./api.ts";
import { type RegisteredServer, toRegistration } from "./registration.ts";
import { startRelay, type Relay } from "./relay.ts";

export interface ReplicaPortal {
  /** At the relay. */
  readonly url: string;
  readonly token: string;
  /** The same portal at one replica. */
  at(replica: number): { readonly url: string; readonly token: string };
}

export interface TestReplicas extends AsyncDisposable {
  readonly relay: Relay;
  readonly replicas: readonly Castellan[];
  /** Calls the API at a living replica as the admin; throws when the answer is no success. */
  api<Answer = Record<string, unknown>>(method: string, path: string, body?: object): Promise<Answer>;
  /** Registers servers, by slug, and makes a portal over them; resolves when every replica serves it. */
  addPortal(
    slug: string,
    servers: Readonly<Record<string, string | RegisteredServer>>,
    options?: { readonly naming?: "prefixed" | "plain" },
  ): Promise<ReplicaPortal>;
  /** SIGKILL; resolves when the process is gone and the relay goes round it. */
  kill(replica: number): Promise<void>;
  /** SIGSTOP: it keeps its connections and does nothing, as a machine that hangs; the relay goes round it. */
  pause(replica: number): void;
  /** SIGCONT: it goes on where it was, and the relay takes it in again. */
  resume(replica: number): void;
}

export async function startTestReplicas({ count = 2 } = {}): Promise<TestReplicas> {
  await using opened = new AsyncDisposableStack();
  const database = opened.use(await createTestDatabase());
  const { host, port, user, database: name } = database.connection;
  const env = {
    DATABASE_URL: `postgres://${user}@localhost:${port}/${name}?host=${encodeURIComponent(host)}`,
    CASTELLAN_MASTER_KEY: randomBytes(32).toString("base64"),
  };
  const replicas: Castellan[] = [];
  // The first brings the database up to date and makes the admin.
  for (let n = 0; n < count; n++)
    replicas.push(opened.use(await startCastellan({ home: opened.use(createHome()), env })));
  const [first] = replicas;
  if (first === undefined) throw new RangeError("count must be at least 1");
  const relay = opened.use(await startRelay(replicas.map(({ url }) => url)));
  const admin = JSON.parse(readFileSync(join(first.dataDir, "admin.json"), "utf8")) as { token: string };
  const dead = new Set<number>();
  const living = () => replicas.filter((_, index) => !dead.has(index));
  const owned = opened.move();

  const api: TestReplicas["api"] = (method, path, body) =>
    apiAt(living()[0]?.url ?? "", admin.token)(method, path, body);

  return {
    relay,
    replicas,
    api,
    async addPortal(slug, servers, { naming } = {}) {
      for (const [name, server] of Object.entries(servers))
        await api("POST", "/servers", toRegistration(name, server));
      await api("POST", "/portals", { slug, servers: Object.keys(servers), ...(naming && { naming }) });
      const { secret } = await api<{ secret: string }>("POST", "/tokens", {
        name: slug,
        role: "member",
        portals: [slug],
        allow: toolClasses,
      });
      const at = (base: string) => ({ url: `${base}/p/${slug}/mcp`, token: secret });
      for (const { url } of living())
        await eventually(
          () => statusAt(at(url)),
          (status) => status === 200,
        );
      return { ...at(relay.url), at: (replica) => at(replicas[replica]?.url ?? "") };
    },
    async kill(replica) {
      relay.leaveOut(replica);
      dead.add(replica);
      replicas[replica]?.kill("SIGKILL");
      await replicas[replica]?.ended;
    },
    pause(replica) {
      relay.leaveOut(replica);
      dead.add(replica);
      replicas[replica]?.kill("SIGSTOP");
    },
    resume(replica) {
      replicas[replica]?.kill("SIGCONT");
      dead.delete(replica);
      relay.takeIn(replica);
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** The status of a `server/discover`, which needs no session. */
async function statusAt({ url, token }: { url: string; token: string }): Promise<number> {
  const meta = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
  };
  const response = await fetch(url, {
    method: "POST",
    headers: {
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      "mcp-protocol-version": "2026-07-28",
      "mcp-method": "server/discover",
    },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "server/discover", params: { _meta: meta } }),
  });
  await response.arrayBuffer();
  return response.status;
}
