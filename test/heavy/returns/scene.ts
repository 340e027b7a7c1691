/** A Castellan that can be asked what it holds, and portals over one server with any number of tokens. */
import { toolClasses } from "@castellan/access";
import { setTimeout as delay } from "node:timers/promises";
import type { Door } from "../../harness/callers/caller.ts";
import { everyFeature, toRegistration } from "../../harness/registration.ts";
import { startCastellan, type Castellan } from "../process/castellan.ts";
import { createHome } from "../process/home.ts";
import { eventually, openSockets, residentMiB } from "../process/proc.ts";
import { connectionsTo, freePort } from "../process/tcp.ts";

/** What a process has in hand. */
export interface Held {
  /** Of JavaScript objects and of buffers, after a collection, MiB. */
  readonly heapMiB: number;
  readonly residentMiB: number;
  /** Sockets of any kind, those to the database among them. */
  readonly sockets: number;
  /** Connections of callers. */
  readonly callers: number;
}

export interface TokenDoor extends Door {
  readonly tokenId: string;
}

export interface Scene extends AsyncDisposable {
  readonly castellan: Castellan;
  /** Now, garbage collected. */
  held(): Promise<Held>;
  /** Registers a server that may ask everything, and makes a portal over it with so many tokens. */
  open(slug: string, url: string, tokens: number): Promise<readonly TokenDoor[]>;
  /** Takes the tokens back: whoever is still in is put out, and what they held goes. */
  close(doors: readonly TokenDoor[]): Promise<void>;
  /** Takes the portal and the server away: lines that were kept for the next call go at once. */
  remove(slug: string): Promise<void>;
}

const preloaded = new URL("../process/collect-garbage.ts", import.meta.url).href;
const bytesPerMiB = 1024 * 1024;
/** The database's pool keeps what a busy moment opened for a minute: longer than is waited for here. */
export const newDatabaseSockets = 12;

const looks = 5;
const lookAgainMs = 100;

export async function openScene(): Promise<Scene> {
  await using opened = new AsyncDisposableStack();
  const home = opened.use(createHome());
  const metricsPort = await freePort();
  const env = { CASTELLAN_METRICS_PORT: String(metricsPort), NODE_OPTIONS: `--import=${preloaded}` };
  const castellan = opened.use(await startCastellan({ home, env }));
  const metrics = new URL("/metrics", castellan.url);
  metrics.port = String(metricsPort);
  const port = Number(new URL(castellan.url).port);
  const owned = opened.move();

  async function heapMiB(): Promise<number> {
    castellan.kill("SIGUSR2");
    const response = await fetch(metrics, { signal: AbortSignal.timeout(10_000) });
    const text = await response.text();
    return (
      (gauge(text, "nodejs_heap_size_used_bytes") + gauge(text, "nodejs_external_memory_bytes")) / bytesPerMiB
    );
  }

  return {
    castellan,
    async held() {
      // What is in flight at one moment is gone at another, and finalizers run between two collections.
      const heaps: number[] = [];
      for (let look = 0; look < looks; look++) {
        heaps.push(await heapMiB());
        await delay(lookAgainMs);
      }
      return {
        heapMiB: Math.min(...heaps),
        residentMiB: residentMiB(castellan.pid),
        sockets: openSockets(castellan.pid),
        callers: connectionsTo(port),
      };
    },
    async open(slug, url, tokens) {
      await castellan.api("POST", "/servers", toRegistration(slug, { url, clientFeatures: everyFeature }));
      await castellan.api("POST", "/portals", { slug, servers: [slug] });
      const doors: TokenDoor[] = [];
      for (let n = 0; n < tokens; n++) {
        const body = { name: `${slug}-${n}`, role: "member", portals: [slug], allow: toolClasses };
        const { id, secret } = await castellan.api<{ id: string; secret: string }>("POST", "/tokens", body);
        doors.push({ url: `${castellan.url}/p/${slug}/mcp`, token: secret, tokenId: id });
      }
      return doors;
    },
    async close(doors) {
      for (const { tokenId } of doors) await castellan.api("DELETE", `/tokens/${tokenId}`);
    },
    async remove(slug) {
      await castellan.api("DELETE", `/portals/${slug}`);
      await castellan.api("DELETE", `/servers/${slug}`);
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Waits until it holds what it is to hold; connections that were kept for the next request go within seconds. */
export function returned(scene: Scene, isRight: (held: Held) => boolean): Promise<Held> {
  return eventually(() => scene.held(), isRight, { withinMs: 45_000, everyMs: 250 });
}

function gauge(metrics: string, name: string): number {
  const value = new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, "m").exec(metrics)?.[1];
  if (value === undefined) throw new Error(`There is no metric ${name}`);
  return Number(value);
}
