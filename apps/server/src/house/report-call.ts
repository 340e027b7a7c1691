/** What is told of a call when it is over. */
import type { CallSummary } from "@castellan/calls";
import type { Telemetry } from "@castellan/telemetry";
import { callEnded } from "./events.ts";

/** One call as a log line, in the metrics, and as a span of the caller's trace. */
export function reportCall(telemetry: Telemetry, { trace, startedAtMs, ...call }: CallSummary): void {
  telemetry.emit(callEnded, call);
  using span = telemetry.startSpan({
    name: call.method,
    kind: "server",
    parent: trace,
    startedAtMs,
    attributes: {
      "mcp.method.name": call.method,
      "castellan.portal": call.portal,
      "castellan.outcome": call.outcome,
      "castellan.request_id": call.requestId,
      ...(call.server !== undefined && { "castellan.server": call.server }),
    },
  });
  if (call.outcome === "error" || call.outcome === "refused") span.fail(call.code);
}
