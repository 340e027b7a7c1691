/**
 * The trace that a call belongs to: what the caller names in `_meta` (2026-07-28, SEP-414), else in the
 * W3C header. The caller's own words travel on to the server as they came.
 */
import { isObject, type JsonObject, type Message } from "@castellan/mcp";
import { parseTraceparent, type TraceContext } from "@castellan/telemetry";

export function traceOf(
  message: Message | undefined,
  header: (name: string) => string | undefined,
): TraceContext | undefined {
  const meta = message && "params" in message ? message.params?.["_meta"] : undefined;
  const named = isObject(meta) ? textOf(meta, "traceparent") : undefined;
  if (named !== undefined && isObject(meta)) return parseTraceparent(named, textOf(meta, "tracestate"));
  const traceparent = header("traceparent");
  return traceparent === undefined ? undefined : parseTraceparent(traceparent, header("tracestate"));
}

function textOf(object: JsonObject, key: string): string | undefined {
  const value = object[key];
  return typeof value === "string" ? value : undefined;
}
