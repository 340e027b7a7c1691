/**
 * W3C Trace Context (https://www.w3.org/TR/trace-context-2/): how a trace goes on from one process
 * to the next, in the headers `traceparent` and `tracestate`, and in MCP under the same names in
 * `_meta`.
 */

export interface TraceContext {
  /** 32 hex digits, not all zero. */
  readonly traceId: string;
  /** 16 hex digits, not all zero: the span that is the parent of what comes next. */
  readonly spanId: string;
  /** One octet; bit 0 says that the caller records this trace. */
  readonly flags: number;
  /** What vendors along the way keep for themselves. Passed on as it came. */
  readonly traceState?: string;
}

const maxTraceStateLength = 512;
const pattern = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/**
 * Reads a `traceparent`, and the `tracestate` that came with it. Undefined when it is not valid: the
 * trace starts anew, and nothing is refused for it (§3.2.2.5, §4.3). A later version is read as far
 * as version 00 goes (§4.1).
 */
export function parseTraceparent(traceparent: string, traceState?: string): TraceContext | undefined {
  const [, version, traceId, spanId, flags, rest] = pattern.exec(traceparent.trim()) ?? [];
  if (version === undefined || traceId === undefined || spanId === undefined || flags === undefined)
    return undefined;
  if (version === "ff" || (version === "00" && rest !== undefined)) return undefined;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  const context = { traceId, spanId, flags: Number.parseInt(flags, 16) };
  return traceState !== undefined && isTraceState(traceState) ? { ...context, traceState } : context;
}

/** Writes a `traceparent` of version 00. */
export function formatTraceparent({ traceId, spanId, flags }: TraceContext): string {
  return `00-${traceId}-${spanId}-${flags.toString(16).padStart(2, "0")}`;
}

/** Printable ASCII, and no longer than everyone must be able to pass on (§3.3.1.5). */
function isTraceState(value: string): boolean {
  return value.length > 0 && value.length <= maxTraceStateLength && /^[\x20-\x7e]+$/.test(value);
}
