/**
 * What happens in the business of the house, declared once: emitting an event writes its log line and
 * moves its metrics together, so that the two never tell different stories.
 *
 *     const callEnded = defineEvent({
 *       name: "call.ended",
 *       level: "debug",
 *       message: "A call has ended",
 *       fields: { server: "string", outcome: "string", durationMs: "number", error: "error?" },
 *       metrics: [
 *         { kind: "counter", name: "castellan_calls", help: "Calls that ended", labels: ["server", "outcome"] },
 *         { kind: "duration", name: "castellan_call_duration", help: "…", value: "durationMs", labels: ["server"] },
 *       ],
 *     });
 *     telemetry.emit(callEnded, { server: "invoices", outcome: "ok", durationMs: 1.2 });
 */
import type { LogLevel } from "./logger.ts";

interface FieldTypes {
  string: string;
  number: number;
  boolean: boolean;
  /** Anything that was thrown. */
  error: unknown;
  /** Plain data; it goes into the log only. */
  data: unknown;
}

type FieldKind = keyof FieldTypes;

/** The fields of an event by name; a question mark says that a field may be absent. */
export type FieldSpecs = Readonly<Record<string, FieldKind | `${FieldKind}?`>>;

type KindOf<Spec> = Spec extends `${infer Kind extends FieldKind}?` ? Kind : Spec;
type OptionalNames<Specs> = {
  [Name in keyof Specs]: Specs[Name] extends `${string}?` ? Name : never;
}[keyof Specs];
type TypeOf<Spec> = KindOf<Spec> extends infer Kind extends FieldKind ? FieldTypes[Kind] : never;
type NamesOf<Specs, Kind> = {
  [Name in keyof Specs]: KindOf<Specs[Name]> extends Kind ? Name : never;
}[keyof Specs] &
  string;

/** What must be given when an event of these fields is emitted. */
export type EventFields<Specs extends FieldSpecs> = {
  readonly [Name in Exclude<keyof Specs, OptionalNames<Specs>>]: TypeOf<Specs[Name]>;
} & { readonly [Name in OptionalNames<Specs>]?: TypeOf<Specs[Name]> | undefined };

interface MetricBase<Specs> {
  /** Snake case, beginning with `castellan_`. The unit and `_total` are added at the end. */
  readonly name: `castellan_${string}`;
  readonly help: string;
  /** Fields with few values: each combination is a time series (2,000 at most, then one for the rest). */
  readonly labels?: readonly NamesOf<Specs, "string" | "boolean">[];
}

/**
 * What an event does to a metric: counts (by one, or by a field), takes a field into a histogram, or
 * takes a field in milliseconds into a histogram of seconds. Without the field nothing is taken.
 */
export type MetricSpec<Specs> =
  | (MetricBase<Specs> & { readonly kind: "counter"; readonly value?: NamesOf<Specs, "number"> })
  | (MetricBase<Specs> & {
      readonly kind: "duration";
      readonly value: NamesOf<Specs, "number"> & `${string}Ms`;
    })
  | (MetricBase<Specs> & {
      readonly kind: "histogram";
      readonly value: NamesOf<Specs, "number">;
      /** Upper bounds of the buckets, ascending. */
      readonly buckets: readonly number[];
    });

export interface EventDefinition<Specs extends FieldSpecs = FieldSpecs> {
  /** Noun and what befell it: `call.ended`. It is on the log line as `event`. */
  readonly name: string;
  /** Without a level the event is counted only. */
  readonly level?: LogLevel;
  readonly message: string;
  readonly fields: Specs;
  readonly metrics?: readonly MetricSpec<Specs>[];
}

/** Declares an event. */
export function defineEvent<const Specs extends FieldSpecs>(
  definition: EventDefinition<Specs>,
): EventDefinition<Specs> {
  return Object.freeze(definition);
}
