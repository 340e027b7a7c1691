/**
 * A load generator that costs little: raw sockets, one request in flight on each, answers cut out by
 * Content-Length or chunked coding. It shares the machine with what it measures, so it must not be
 * what is measured.
 */
import { connect, type Socket } from "node:net";

export interface LoadOptions {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** Of the connection with this number: its requests must not be taken for another one's. */
  readonly body: (connection: number) => string;
  readonly connections: number;
  readonly durationMs: number;
  /** An answer without this text is a failure. */
  readonly expect: string;
}

export interface LoadResult {
  readonly requests: number;
  readonly failures: number;
  /** What the first failure looked like. */
  readonly firstFailure: string | undefined;
  readonly perSecond: number;
  /** Milliseconds, ascending. */
  readonly latenciesMs: Float64Array;
}

export async function runLoad(options: LoadOptions): Promise<LoadResult> {
  const tally = { latencies: [] as number[], failures: 0, firstFailure: undefined as string | undefined };
  const startedMs = performance.now();
  const endsMs = startedMs + options.durationMs;
  await Promise.all(
    Array.from({ length: options.connections }, (_, connection) =>
      keepAsking(options, requestBytes(options, options.body(connection)), endsMs, tally),
    ),
  );
  const elapsedMs = performance.now() - startedMs;
  return {
    requests: tally.latencies.length,
    failures: tally.failures,
    firstFailure: tally.firstFailure,
    perSecond: (tally.latencies.length / elapsedMs) * 1000,
    latenciesMs: Float64Array.from(tally.latencies).sort(),
  };
}

export function percentile(sorted: Float64Array, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** Of several turns: the median of each figure, and all failures. */
export function summary(results: readonly LoadResult[]) {
  const median = (values: number[]) =>
    values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
  return {
    perSecond: median(results.map((result) => result.perSecond)),
    medianMs: median(results.map((result) => percentile(result.latenciesMs, 0.5))),
    p99Ms: median(results.map((result) => percentile(result.latenciesMs, 0.99))),
    failures: results.reduce((total, result) => total + result.failures, 0),
  };
}

function requestBytes({ url, headers }: LoadOptions, body: string): Buffer {
  const lines = Object.entries({
    host: url.host,
    ...headers,
    "content-length": String(Buffer.byteLength(body)),
  });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return Buffer.from(`POST ${url.pathname}${url.search} HTTP/1.1\r\n${head}\r\n${body}`);
}

function keepAsking(
  { url, expect }: LoadOptions,
  request: Buffer,
  endsMs: number,
  tally: { latencies: number[]; failures: number; firstFailure: string | undefined },
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const socket: Socket = connect(Number(url.port), url.hostname);
  socket.setNoDelay(true);
  socket.setTimeout(10_000, () => socket.destroy(new Error("no answer within 10 s")));
  let sentMs = 0;
  let answer = new Answer();
  const ask = () => {
    answer = new Answer();
    sentMs = performance.now();
    socket.write(request);
  };
  socket.on("connect", ask);
  socket.on("error", reject);
  socket.on("close", () => resolve());
  socket.on("data", (chunk) => {
    if (!answer.takes(chunk)) return;
    const nowMs = performance.now();
    tally.latencies.push(nowMs - sentMs);
    const text = answer.text();
    if (!text.startsWith("HTTP/1.1 200") || !text.includes(expect)) {
      tally.failures++;
      tally.firstFailure ??= text.slice(0, 800);
    }
    if (nowMs < endsMs) ask();
    else socket.end();
  });
  return promise;
}

/** One answer while it comes: each byte is looked at once, since an answer may have megabytes. */
class Answer {
  readonly #parts: Buffer[] = [];
  #bytes = 0;
  /** Bytes of head and body; undefined while the head is not known, infinite for a chunked body. */
  #total: number | undefined;

  /** Whether this chunk was the last. */
  takes(chunk: Buffer): boolean {
    this.#parts.push(chunk);
    this.#bytes += chunk.length;
    this.#total ??= totalOf(this.text());
    if (this.#total === undefined) return false;
    if (Number.isFinite(this.#total)) return this.#bytes >= this.#total;
    return Buffer.concat(this.#parts.slice(-2)).subarray(-7).toString("latin1") === "\r\n0\r\n\r\n";
  }

  text(): string {
    return Buffer.concat(this.#parts).toString("latin1");
  }
}

function totalOf(received: string): number | undefined {
  const headEnd = received.indexOf("\r\n\r\n");
  if (headEnd < 0) return undefined;
  const head = received.slice(0, headEnd).toLowerCase();
  const length = /\r\ncontent-length: (\d+)/.exec(head)?.[1];
  if (length !== undefined) return headEnd + 4 + Number(length);
  return head.includes("\r\ntransfer-encoding: chunked") ? Number.POSITIVE_INFINITY : headEnd + 4;
}
