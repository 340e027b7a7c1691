/**
 * A signal counts while a request waits for a connection, too. undici looks at it only once a request
 * has one: with all connections of an origin taken, no time-out and no cancellation would be heard.
 */
import { Dispatcher } from "undici";

type Callback<Opaque> = (error: Error | null, data: Dispatcher.ResponseData<Opaque>) => void;

/** Sends everything by `inner`, which it owns. Aborts are heard by `request` as promise, the only way in use. */
export class AbortableDispatcher extends Dispatcher {
  readonly #inner: Dispatcher;

  constructor(inner: Dispatcher) {
    super();
    this.#inner = inner;
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    return this.#inner.dispatch(options, handler);
  }

  override request<Opaque = null>(
    options: Dispatcher.RequestOptions<Opaque>,
    callback: Callback<Opaque>,
  ): void;
  override request<Opaque = null>(
    options: Dispatcher.RequestOptions<Opaque>,
  ): Promise<Dispatcher.ResponseData<Opaque>>;
  override request<Opaque>(
    options: Dispatcher.RequestOptions<Opaque>,
    callback?: Callback<Opaque>,
  ): void | Promise<Dispatcher.ResponseData<Opaque>> {
    if (callback !== undefined) return super.request(options, callback);
    const answer = super.request(options);
    return options.signal instanceof AbortSignal ? untilAborted(answer, options.signal) : answer;
  }

  override close(): Promise<void> {
    return this.#inner.close();
  }

  override destroy(): Promise<void> {
    return this.#inner.destroy();
  }
}

/** What is given up stays in the queue; undici drops it unsent when its turn comes. */
async function untilAborted<T>(answer: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  if (signal.aborted) onAbort();
  else signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([answer, aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
