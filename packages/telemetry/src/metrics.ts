/**
 * Metrics: the OpenTelemetry SDK counts; Prometheus asks for the text, and a collector is sent the
 * same numbers when one is configured. A counter and a histogram together cost about one microsecond.
 */
import type { Attributes, Meter } from "@opentelemetry/api";
import { PrometheusSerializer } from "@opentelemetry/exporter-prometheus";
import type { Resource } from "@opentelemetry/resources";
import {
  AggregationTemporality,
  InstrumentType,
  MeterProvider,
  MetricReader,
  type IMetricReader,
} from "@opentelemetry/sdk-metrics";
import type { EventDefinition, EventFields, FieldSpecs, MetricSpec } from "./event.ts";

/** The content type of `Metrics.text`: Prometheus exposition format 0.0.4. */
export const metricsContentType = "text/plain; version=0.0.4; charset=utf-8";

/** Seconds, from half a millisecond to a minute. */
const durationBuckets = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
];

/** A value that is read when someone asks for it: the size of a pool, the length of a queue. */
export interface GaugeSpec {
  readonly name: `castellan_${string}`;
  readonly help: string;
  /** Called at each reading; it must be quick and must not wait. */
  readonly read: () =>
    | number
    | readonly { readonly value: number; readonly labels: Readonly<Record<string, string>> }[];
}

export interface Metrics extends AsyncDisposable {
  readonly meter: Meter;
  /** Moves the metrics of an event. */
  count<Specs extends FieldSpecs>(event: EventDefinition<Specs>, fields: EventFields<Specs>): void;
  /** Adds a gauge; the function that is returned takes it away. */
  gauge(spec: GaugeSpec): () => void;
  /** All metrics as Prometheus text. */
  text(): Promise<string>;
}

/**
 * Everything adds up from the start, but a gauge shows what was read just now: the SDK would go on
 * showing the last value of one that is gone.
 */
export function temporalityOf(type: InstrumentType): AggregationTemporality {
  return type === InstrumentType.OBSERVABLE_GAUGE
    ? AggregationTemporality.DELTA
    : AggregationTemporality.CUMULATIVE;
}

/** Reads when it is asked. */
class PullReader extends MetricReader {
  constructor() {
    super({ aggregationTemporalitySelector: temporalityOf });
  }

  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

type Values = Readonly<Record<string, unknown>>;
type Instrument = (fields: Values) => void;

/** Starts counting. `exporters` read along and are shut down with it. */
export function createMetrics(resource: Resource, exporters: readonly IMetricReader[]): Metrics {
  const reader = new PullReader();
  const provider = new MeterProvider({ resource, readers: [reader, ...exporters] });
  const meter = provider.getMeter("castellan");
  // Labels that name the library would be on every line and say nothing.
  const serializer = new PrometheusSerializer(undefined, false, undefined, false, true);
  const instruments = new Map<object, readonly Instrument[]>();

  return {
    meter,
    count(event, fields) {
      let moved = instruments.get(event);
      if (moved === undefined) {
        moved = (event.metrics ?? []).map((spec) => createInstrument(meter, spec as MetricSpec<FieldSpecs>));
        instruments.set(event, moved);
      }
      for (const instrument of moved) instrument(fields as Values);
    },
    gauge({ name, help, read }) {
      const gauge = meter.createObservableGauge(name, { description: help });
      const observe: Parameters<typeof gauge.addCallback>[0] = (result) => {
        const values = read();
        if (typeof values === "number") result.observe(values);
        else for (const { value, labels } of values) result.observe(value, labels);
      };
      gauge.addCallback(observe);
      return () => gauge.removeCallback(observe);
    },
    async text() {
      const { resourceMetrics } = await reader.collect();
      return `${serializer.serialize(resourceMetrics).trimEnd()}\n`;
    },
    [Symbol.asyncDispose]: () => provider.shutdown(),
  };
}

function createInstrument(meter: Meter, spec: MetricSpec<FieldSpecs>): Instrument {
  const labelsOf = toLabels(spec.labels ?? []);
  if (spec.kind === "counter") {
    const counter = meter.createCounter(spec.name, { description: spec.help });
    const { value } = spec;
    return (fields) => counter.add(value === undefined ? 1 : toNumber(fields[value], 0), labelsOf(fields));
  }
  const isDuration = spec.kind === "duration";
  const histogram = meter.createHistogram(isDuration ? `${spec.name}_seconds` : spec.name, {
    description: spec.help,
    advice: { explicitBucketBoundaries: isDuration ? durationBuckets : [...spec.buckets] },
  });
  const scale = isDuration ? 0.001 : 1;
  return (fields) => {
    const value = toNumber(fields[spec.value], undefined);
    if (value !== undefined) histogram.record(value * scale, labelsOf(fields));
  };
}

function toLabels(names: readonly string[]): (fields: Values) => Attributes {
  return (fields) => {
    const labels: Attributes = {};
    for (const name of names) {
      const value = fields[name];
      if (value !== undefined) labels[name] = String(value);
    }
    return labels;
  };
}

/** NaN or an infinite value would spoil a sum for good. */
function toNumber<Absent>(value: unknown, absent: Absent): number | Absent {
  return typeof value === "number" && Number.isFinite(value) ? value : absent;
}
