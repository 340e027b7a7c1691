/**
 * Export to a collector by OTLP/HTTP (https://opentelemetry.io/docs/specs/otlp/). This file and what it imports
 * are loaded only when an endpoint is configured. Beside the settings the exporters read the standard variables
 * OTEL_EXPORTER_OTLP_* for what the settings do not say (certificates, compression).
 */
import {
  ROOT_CONTEXT,
  SpanKind as OtelSpanKind,
  SpanStatusCode,
  createTraceState,
  trace,
  type Context,
  type Span as OtelSpan,
} from "@opentelemetry/api";
import { OTLPMetricExporter } from "@opentelemetry/exporter-metrics-otlp-http";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import type { Resource } from "@opentelemetry/resources";
import {
  PeriodicExportingMetricReader,
  type IMetricReader,
  type PushMetricExporter,
} from "@opentelemetry/sdk-metrics";
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
  type SpanExporter,
} from "@opentelemetry/sdk-trace";
import { toErrorRecord } from "./error-record.ts";
import { temporalityOf } from "./metrics.ts";
import type { OtlpSettings } from "./otlp-settings.ts";
import { redactFields, redactText } from "./redaction.ts";
import type { Span, SpanAttributes, SpanKind, Tracer } from "./span.ts";
import { formatTraceparent, type TraceContext } from "./trace-context.ts";

/** Told of each export: undefined when it went well. */
export type ExportObserver = (error: Error | undefined) => void;

/** Sends the metrics at an interval, and once more when it is shut down. */
export function createMetricExport(settings: OtlpSettings, observe: ExportObserver): IMetricReader {
  const { intervalMs = 60_000, timeoutMs = 10_000 } = settings;
  const exporter = new OTLPMetricExporter(toExporterOptions(settings, "v1/metrics", timeoutMs));
  exporter.selectAggregationTemporality = temporalityOf;
  return new PeriodicExportingMetricReader({
    exporter: observed(exporter, observe),
    exportIntervalMillis: intervalMs,
    exportTimeoutMillis: Math.min(timeoutMs, intervalMs),
  });
}

const kinds: Readonly<Record<SpanKind, OtelSpanKind>> = {
  internal: OtelSpanKind.INTERNAL,
  server: OtelSpanKind.SERVER,
  client: OtelSpanKind.CLIENT,
};

/** A tracer whose spans are sent in batches; when the collector is slow, spans are dropped, never kept. */
export function createExportingTracer(
  resource: Resource,
  settings: OtlpSettings,
  observe: ExportObserver,
): Tracer {
  const { sampleRatio = 1, timeoutMs = 10_000 } = settings;
  const exporter = new OTLPTraceExporter(toExporterOptions(settings, "v1/traces", timeoutMs));
  const provider = new TracerProvider({
    resource,
    // The caller's decision holds, so that a trace is whole; the ratio is for those who did not decide.
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(sampleRatio) }),
    spanProcessors: [
      new BatchSpanProcessor({ exporter: observed(exporter, observe), exportTimeoutMillis: timeoutMs }),
    ],
  });
  const tracer = provider.getTracer("castellan");
  return {
    startSpan: ({ name, parent, kind = "internal", attributes, startedAtMs }) =>
      toSpan(
        tracer.startSpan(
          name,
          {
            kind: kinds[kind],
            attributes: toAttributes(attributes ?? {}),
            ...(startedAtMs !== undefined && { startTime: startedAtMs }),
          },
          toContext(parent),
        ),
      ),
    [Symbol.asyncDispose]: () => provider.shutdown(),
  };
}

function toExporterOptions(settings: OtlpSettings, path: string, timeoutMillis: number) {
  const url = new URL(settings.endpoint);
  url.pathname = `${url.pathname.replace(/\/$/, "")}/${path}`;
  return { url: url.href, headers: { ...settings.headers }, timeoutMillis };
}

/** The SDK reports failures to a global of the process; this reports those of one exporter to its owner. */
function observed<Exporter extends SpanExporter | PushMetricExporter>(
  exporter: Exporter,
  observe: ExportObserver,
): Exporter {
  const send = exporter.export.bind(exporter) as SpanExporter["export"];
  exporter.export = ((items: never, done: Parameters<SpanExporter["export"]>[1]) => {
    send(items, (result) => {
      observe(result.code === 0 ? undefined : (result.error ?? new Error("The collector refused the data")));
      done(result);
    });
  }) as Exporter["export"];
  return exporter;
}

function toContext(parent: TraceContext | undefined): Context {
  if (parent === undefined) return ROOT_CONTEXT;
  const { traceId, spanId, flags, traceState } = parent;
  const remote = { traceId, spanId, traceFlags: flags, isRemote: true };
  return trace.setSpanContext(
    ROOT_CONTEXT,
    traceState === undefined ? remote : { ...remote, traceState: createTraceState(traceState) },
  );
}

function toSpan(span: OtelSpan): Span {
  const { traceId, spanId, traceFlags, traceState } = span.spanContext();
  const state = traceState?.serialize();
  const context = { traceId, spanId, flags: traceFlags, ...(state ? { traceState: state } : {}) };
  let hasEnded = false;
  const end = () => {
    if (!hasEnded) span.end();
    hasEnded = true;
  };
  return {
    context,
    traceparent: formatTraceparent(context),
    setAttributes: (attributes) => void span.setAttributes(toAttributes(attributes)),
    fail(error) {
      const { type, code, message } = toErrorRecord(error);
      span.setAttributes({ "error.type": code ?? type });
      span.setStatus({ code: SpanStatusCode.ERROR, message: redactText(message) });
    },
    end,
    [Symbol.dispose]: end,
  };
}

/** Attributes leave the house as log lines do: redacted. They are flat, so the types stay. */
function toAttributes(attributes: SpanAttributes): SpanAttributes {
  return redactFields(attributes) as SpanAttributes;
}
