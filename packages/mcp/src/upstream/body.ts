/** Reads what a server sends, in time and within a bound. */
import type { Fault } from "@castellan/kernel";
import { mcpFaults } from "../faults.ts";
import { decodeBody } from "../jsonrpc/message.ts";
import type { Body } from "./reply.ts";
import type { Silence } from "./silence.ts";
import { toUpstreamFault } from "./upstream-fault.ts";

export interface ReadOptions {
  readonly silence: Silence;
  readonly signal: AbortSignal;
  /** Whether a chunk ends the silence; each does, unless told otherwise. */
  readonly counts?: () => boolean;
  /** Told when the connection breaks; what came before then counts as a body that has ended. */
  readonly onBreak?: (fault: Fault) => void;
}

/**
 * The chunks of a body. Leaving early keeps the connection: whoever does so discards the rest.
 * Throws `upstream_timeout`, `cancelled`, and `upstream_unreachable` unless `onBreak` is there to hear it.
 */
export async function* chunksOf(
  body: Body,
  { silence, signal, counts, onBreak }: ReadOptions,
): AsyncGenerator<Uint8Array> {
  const giveUp = () => void body.destroy(silence.signal.reason);
  silence.signal.addEventListener("abort", giveUp, { once: true });
  try {
    for await (const chunk of body.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>) {
      if (counts?.() ?? true) silence.heard();
      yield chunk;
    }
  } catch (error) {
    const fault = toUpstreamFault(error, signal);
    if (!onBreak || signal.aborted || silence.signal.aborted) throw fault;
    onBreak(fault);
  } finally {
    silence.signal.removeEventListener("abort", giveUp);
  }
}

/** A whole body as text. Throws `upstream_too_large`, `upstream_invalid` (no UTF-8) and what `chunksOf` throws. */
export async function readText(body: Body, maxBytes: number, options: ReadOptions): Promise<string> {
  const chunks = new Chunks();
  for await (const chunk of chunksOf(body, options)) {
    if (chunks.add(chunk) > maxBytes)
      throw mcpFaults.fault("upstream_too_large", `The server's answer is larger than ${maxBytes} bytes`);
  }
  try {
    return decodeBody(chunks.join());
  } catch (cause) {
    throw mcpFaults.fault("upstream_invalid", "The server's answer is not UTF-8", { cause });
  }
}

/** Chunks as small as a byte cost a hundred times what they hold, so they are joined as they come. */
class Chunks {
  static readonly #maxPending = 256;
  readonly #joined: Uint8Array[] = [];
  #pending: Uint8Array[] = [];
  #size = 0;

  /** The bytes so far. */
  add(chunk: Uint8Array): number {
    if (this.#pending.push(chunk) === Chunks.#maxPending) {
      this.#joined.push(Buffer.concat(this.#pending));
      this.#pending = [];
    }
    this.#size += chunk.byteLength;
    return this.#size;
  }

  join(): Uint8Array {
    const [only] = this.#pending;
    if (this.#joined.length === 0 && this.#pending.length === 1 && only) return only;
    return Buffer.concat([...this.#joined, ...this.#pending], this.#size);
  }
}
