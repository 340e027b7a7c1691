/** What of the house is in use at this moment, read when somebody asks for the metrics. */
import type { CallLimiter, Circuits, Conversations, LinePool } from "@castellan/calls";
import type { Isolates } from "@castellan/isolates";
import type { SessionRegistry, UnderWay } from "@castellan/portal";
import type { GaugeSpec, Telemetry } from "@castellan/telemetry";

export interface Gauged {
  readonly sessions: Pick<SessionRegistry, "size">;
  readonly underWay: Pick<UnderWay, "streams">;
  readonly lines: Pick<LinePool, "size">;
  readonly conversations: Pick<Conversations, "waiting">;
  readonly limiter: Pick<CallLimiter, "underWay">;
  readonly circuits: Pick<Circuits, "open">;
  readonly isolates: Pick<Isolates, "stats">;
}

interface Gauge extends Pick<GaugeSpec, "name" | "help"> {
  readonly read: (house: Gauged) => number;
}

export const gauges: readonly Gauge[] = [
  {
    name: "castellan_sessions",
    help: "Legacy sessions in this replica's memory; the database knows them all",
    read: ({ sessions }) => sessions.size,
  },
  {
    name: "castellan_streams",
    help: "Open streams to clients: GET and subscriptions/listen",
    read: ({ underWay }) => underWay.streams,
  },
  {
    name: "castellan_upstream_lines",
    help: "Sessions at legacy servers on behalf of modern callers, in use and idle",
    read: ({ lines }) => lines.size,
  },
  {
    name: "castellan_conversations_waiting",
    help: "Calls at legacy servers that wait for a modern caller's answers",
    read: ({ conversations }) => conversations.waiting,
  },
  {
    name: "castellan_calls_under_way",
    help: "Calls to servers that are under way on this replica",
    read: ({ limiter }) => limiter.underWay,
  },
  {
    name: "castellan_circuits_open",
    help: "Servers that this replica does not ask at present, since the last calls found nobody",
    read: ({ circuits }) => circuits.open,
  },
  {
    name: "castellan_isolates_busy",
    help: "Processes that run a program (Code Mode) on this replica",
    read: ({ isolates }) => isolates.stats.busy,
  },
  {
    name: "castellan_isolates_idle",
    help: "Processes that wait for a program",
    read: ({ isolates }) => isolates.stats.idle,
  },
  {
    name: "castellan_programs_waiting",
    help: "Programs that wait for a process",
    read: ({ isolates }) => isolates.stats.waiting,
  },
];

/** Shows the gauges until it is disposed of. */
export function showGauges(house: Gauged, telemetry: Pick<Telemetry, "gauge">): Disposable {
  const stops = gauges.map(({ name, help, read }) =>
    telemetry.gauge({ name, help, read: () => read(house) }),
  );
  return {
    [Symbol.dispose]() {
      for (const stop of stops) stop();
    },
  };
}
