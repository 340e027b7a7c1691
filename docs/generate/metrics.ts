import * as events from "../../apps/server/src/house/events.ts";
import { code, codes, table } from "./markdown.ts";

interface Metric {
  readonly kind: string;
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly string[];
}

/** What is counted, under the names that Prometheus sees. */
export function metricsTable(): string {
  const specs = Object.values(events)
    .flatMap((event): readonly Metric[] => event.metrics ?? [])
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return table(
    ["metric", "meaning", "labels"],
    specs.map((spec) => [
      code(spec.kind === "counter" ? `${spec.name}_total` : `${spec.name}_seconds`),
      spec.help,
      codes(spec.labels ?? []),
    ]),
  );
}
