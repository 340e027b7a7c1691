export { createTelemetry, type Telemetry, type TelemetrySettings } from "./telemetry.ts";
export type { OtlpSettings } from "./otlp-settings.ts";

export {
  createLogger,
  logLevels,
  type LogDestination,
  type LogFields,
  type Logger,
  type LogLevel,
  type LogSettings,
} from "./logger.ts";
export { toErrorRecord, type ErrorRecord } from "./error-record.ts";
export { isSecretName, masked, redactFields, redactText } from "./redaction.ts";

export {
  defineEvent,
  type EventDefinition,
  type EventFields,
  type FieldSpecs,
  type MetricSpec,
} from "./event.ts";
export { metricsContentType, type GaugeSpec } from "./metrics.ts";

export type { Span, SpanAttributes, SpanKind, SpanOptions } from "./span.ts";
export { formatTraceparent, parseTraceparent, type TraceContext } from "./trace-context.ts";
