/** The resumable streams of this replica: found by their exchange, and bounded in time and in memory. */
import type { Clock } from "@castellan/kernel";
import type { RequestId } from "@castellan/mcp";
import type { Vault } from "@castellan/vault";
import { sealPlace } from "./event-id.ts";
import { ResumableStream } from "./resumable-stream.ts";

export interface ReplayLimits {
  /** Of one stream. */
  readonly maxBytes: number;
  /** Of all streams of one caller. */
  readonly maxBytesPerPrincipal: number;
  /** Of all streams of this replica. */
  readonly maxBytesInAll: number;
  readonly keepMs: number;
  readonly lingerMs: number;
}

export const defaultReplayLimits: ReplayLimits = {
  maxBytes: 1024 * 1024,
  maxBytesPerPrincipal: 4 * 1024 * 1024,
  maxBytesInAll: 128 * 1024 * 1024,
  keepMs: 5 * 60_000,
  lingerMs: 15_000,
};

const sweepEveryMs = 5_000;

/** By exchange, oldest first. */
type Streams = Map<string, ResumableStream>;

interface Kept {
  bytes: number;
  readonly streams: Streams;
}

export interface ResumableStreamsOptions {
  readonly vault: Pick<Vault, "seal">;
  readonly clock: Pick<Clock, "monotonic">;
  readonly replica: string;
  readonly limits?: Partial<ReplayLimits> | undefined;
}

export class ResumableStreams implements Disposable {
  readonly #options: ResumableStreamsOptions;
  readonly #limits: ReplayLimits;
  readonly #byExchange: Streams = new Map();
  readonly #byPrincipal = new Map<string, Kept>();
  readonly #sweeper: NodeJS.Timeout;
  #bytes = 0;
  #lastExchange = 0;

  constructor(options: ResumableStreamsOptions) {
    this.#options = options;
    this.#limits = { ...defaultReplayLimits, ...options.limits };
    this.#sweeper = setInterval(() => this.sweep(), sweepEveryMs).unref();
  }

  get size(): number {
    return this.#byExchange.size;
  }

  begin(of: { sessionId: string; principalId: string; requestId: RequestId }): ResumableStream {
    const { vault, replica, clock } = this.#options;
    const exchange = String(++this.#lastExchange);
    const { sessionId, principalId, requestId } = of;
    const stream = new ResumableStream({
      sessionId,
      principalId,
      token: sealPlace(vault, sessionId, { replica, exchange, requestId }),
      ...this.#limits,
      onKept: (bytes) => this.#count(principalId, bytes),
      nowMs: () => clock.monotonic(),
    });
    this.#byExchange.set(exchange, stream);
    const kept = this.#byPrincipal.get(principalId) ?? { bytes: 0, streams: new Map() };
    this.#byPrincipal.set(principalId, kept);
    kept.streams.set(exchange, stream);
    return stream;
  }

  find(exchange: string, sessionId: string): ResumableStream | undefined {
    const stream = this.#byExchange.get(exchange);
    return stream?.sessionId === sessionId ? stream : undefined;
  }

  /** Drops what nobody came back for. */
  sweep(): void {
    const nowMs = this.#options.clock.monotonic();
    for (const [exchange, stream] of this.#byExchange) {
      const isLost = stream.isEnded && stream.bytes === 0;
      if (isLost || (stream.expiresAtMs ?? Number.POSITIVE_INFINITY) <= nowMs) this.#forget(exchange, stream);
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#sweeper);
  }

  /** One that goes on is told so with its next message, and dropped when it has ended. */
  #forget(exchange: string, stream: ResumableStream): void {
    stream.forget();
    if (!stream.isEnded) return;
    this.#byExchange.delete(exchange);
    const kept = this.#byPrincipal.get(stream.principalId);
    kept?.streams.delete(exchange);
    if (kept?.streams.size === 0) this.#byPrincipal.delete(stream.principalId);
  }

  #count(principalId: string, bytes: number): void {
    const kept = this.#byPrincipal.get(principalId);
    if (!kept) return;
    kept.bytes += bytes;
    this.#bytes += bytes;
    if (bytes < 0) return;
    // What is forgotten counts down here as well.
    this.#makeRoom(kept.streams, () => kept.bytes > this.#limits.maxBytesPerPrincipal);
    this.#makeRoom(this.#byExchange, () => this.#bytes > this.#limits.maxBytesInAll);
  }

  /** What has ended and was read is needed less than what goes on; then the oldest goes. */
  #makeRoom(streams: Streams, isFull: () => boolean): void {
    for (const isNeeded of [(stream: ResumableStream) => !stream.isEnded, () => false])
      for (const [exchange, stream] of streams) {
        if (!isFull()) return;
        if (stream.bytes > 0 && !isNeeded(stream)) this.#forget(exchange, stream);
      }
  }
}
