import * as events from "../../apps/server/src/house/events.ts";
import { gauges } from "../../apps/server/src/house/gauges.ts";
import { code, codes, table } from "./markdown.ts";

interface Metric {
  readonly kind: string;
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly string[];
}

/** What is counted, under the names that Prometheus sees. */
export function metricsTable(): string {
  const moved = Object.values(events).flatMap((event): readonly Metric[] => event.metrics ?? []);
  const read = gauges.map(({ name, help }): Metric => ({ kind: "gauge", name, help }));
  const specs = [...moved, ...read].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return table(
    ["metric", "meaning", "labels"],
    specs.map((spec) => [
      code(`${spec.name}${suffixes[spec.kind] ?? ""}`),
      spec.help,
      codes(spec.labels ?? []),
    ]),
  );
}

/** What Prometheus adds to a name. */
const suffixes: Readonly<Record<string, string>> = { counter: "_total", duration: "_seconds" };
