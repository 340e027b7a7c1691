/** A stretch of work within a trace. */
import { formatTraceparent, type TraceContext } from "./trace-context.ts";

export type SpanKind = "internal" | "server" | "client";

export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

export interface SpanOptions {
  readonly name: string;
  /** What this span is part of: the context that came with a request, or another span's. */
  readonly parent?: TraceContext | undefined;
  /** `server`: we answer; `client`: we ask someone. */
  readonly kind?: SpanKind;
  readonly attributes?: SpanAttributes;
  /** When it began, wall time in milliseconds; now, if absent. */
  readonly startedAtMs?: number;
}

export interface Span extends Disposable {
  /** What to give to the next process as parent. Undefined when there is no trace to go on. */
  readonly context: TraceContext | undefined;
  /** The same as a header, `traceparent`. */
  readonly traceparent: string | undefined;
  setAttributes(attributes: SpanAttributes): void;
  /** Marks the span as failed, with the error's type and code. */
  fail(error: unknown): void;
  /** Ends the span; later calls do nothing. Leaving a `using` block ends it as well. */
  end(): void;
}

export interface Tracer extends AsyncDisposable {
  startSpan(options: SpanOptions): Span;
}

/**
 * A tracer that records nothing and passes every context on unchanged, as an intermediary does that
 * takes no part in the trace (W3C Trace Context §4.3).
 */
export function createPassingTracer(): Tracer {
  return {
    startSpan: ({ parent }) => toPassingSpan(parent),
    [Symbol.asyncDispose]: async () => {},
  };
}

function toPassingSpan(context: TraceContext | undefined): Span {
  return {
    context,
    traceparent: context === undefined ? undefined : formatTraceparent(context),
    setAttributes() {},
    fail() {},
    end() {},
    [Symbol.dispose]() {},
  };
}
