/** Where traces and metrics are sent. */
export interface OtlpSettings {
  /** Base address of the collector, `http://collector:4318`; `/v1/traces` and `/v1/metrics` are added to it. */
  readonly endpoint: string;
  /** Sent with each export: a key for a hosted collector. */
  readonly headers?: Readonly<Record<string, string>>;
  /** How often metrics are sent. */
  readonly intervalMs?: number;
  /** How long one export may take, repeats included. */
  readonly timeoutMs?: number;
  /** The part of traces to record that begin here, 0 to 1. */
  readonly sampleRatio?: number;
}
