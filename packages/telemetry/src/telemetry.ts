/** Logs, metrics and traces of one process, made and ended together. */
import { resourceFromAttributes } from "@opentelemetry/resources";
import { systemClock, type Clock } from "@castellan/kernel";
import type { EventDefinition, EventFields, FieldSpecs } from "./event.ts";
import { createLogger, type Logger, type LogSettings } from "./logger.ts";
import { createMetrics, type GaugeSpec } from "./metrics.ts";
import type { OtlpSettings } from "./otlp-settings.ts";
import { measureProcess } from "./process-metrics.ts";
import { createPassingTracer, type Span, type SpanOptions } from "./span.ts";

export interface TelemetrySettings {
  readonly service: {
    readonly name: string;
    readonly version: string;
    /** Unlike that of every other replica. */
    readonly instanceId: string;
  };
  readonly log: LogSettings;
  /** Without it metrics are only to be fetched, and traces are only passed on. */
  readonly otlp?: OtlpSettings;
  /** How long the end may take: a collector that does not answer must not hold a stop. */
  readonly flushTimeoutMs?: number;
  readonly clock?: Clock;
}

export interface Telemetry extends AsyncDisposable {
  readonly logger: Logger;
  /** Writes the event's log line and moves its metrics. */
  emit<Specs extends FieldSpecs>(event: EventDefinition<Specs>, fields: EventFields<Specs>): void;
  /** Adds a gauge; the function that is returned takes it away. */
  gauge(spec: GaugeSpec): () => void;
  /** All metrics in Prometheus' text format, `metricsContentType`. */
  metricsText(): Promise<string>;
  startSpan(options: SpanOptions): Span;
}

/** Starts telemetry. Disposing of it sends what is not sent yet, within `flushTimeoutMs` (3,000). */
export async function createTelemetry(settings: TelemetrySettings): Promise<Telemetry> {
  const { service, otlp, flushTimeoutMs = 3000, clock = systemClock } = settings;
  const logger = createLogger(settings.log, { service: service.name, instance: service.instanceId }, clock);
  const resource = resourceFromAttributes({
    "service.name": service.name,
    "service.version": service.version,
    "service.instance.id": service.instanceId,
  });

  const exporting = otlp === undefined ? undefined : await import("./otlp.ts");
  const observe = (signal: string) => reportOutages(logger, signal);
  const metricExport = otlp && exporting ? [exporting.createMetricExport(otlp, observe("metrics"))] : [];
  const metrics = createMetrics(resource, metricExport);
  const stopMeasuring = measureProcess(metrics.meter);
  const tracer =
    otlp && exporting
      ? exporting.createExportingTracer(resource, otlp, observe("traces"))
      : createPassingTracer();

  return {
    logger,
    emit(event, fields) {
      metrics.count(event, fields);
      if (event.level !== undefined) logger[event.level](event.message, { ...fields, event: event.name });
    },
    gauge: (spec) => metrics.gauge(spec),
    metricsText: () => metrics.text(),
    startSpan: (options) => tracer.startSpan(options),
    async [Symbol.asyncDispose]() {
      const flushed = Promise.allSettled([tracer[Symbol.asyncDispose](), metrics[Symbol.asyncDispose]()]);
      await Promise.race([flushed, timeout(flushTimeoutMs)]);
      stopMeasuring();
    },
  };
}

/** One line when an export first fails, one when it works again: an outage is no flood. */
function reportOutages(logger: Logger, signal: string): (error: Error | undefined) => void {
  let isDown = false;
  return (error) => {
    if (error !== undefined && !isDown) logger.warn("Telemetry cannot be exported", { signal, error });
    if (error === undefined && isDown) logger.info("Telemetry is exported again", { signal });
    isDown = error !== undefined;
  };
}

function timeout(ms: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  setTimeout(resolve, ms).unref();
  return promise;
}
