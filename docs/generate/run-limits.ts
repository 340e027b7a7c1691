/** What one run of Code Mode can take, with the numbers that stand in the code. */
import { settings } from "../../apps/server/src/config/settings.ts";
import { tableOf, type Limit } from "./limits.ts";

const isolates = "packages/isolates/src/limits.ts";
const codemode = "packages/codemode/src";

const limits: readonly Limit[] = [
  {
    what: "processor time",
    from: `${isolates} cpuMs`,
    unit: "ms",
    beyond: "`isolate_cpu_exceeded`",
  },
  { what: "JavaScript heap", from: `${isolates} heapMiB`, unit: "MiB", beyond: "`isolate_heap_exceeded`" },
  {
    what: "memory of its process",
    from: `${isolates} residentMiB`,
    unit: "MiB",
    beyond: "`isolate_memory_exceeded`",
  },
  {
    what: "calls, of whichever kind",
    from: `${isolates} calls`,
    beyond: "`isolate_calls_exceeded`",
  },
  { what: "calls at a time", from: `${isolates} callsAtATime`, beyond: "more of them wait" },
  {
    what: "`search`, `describe` and `tools` together, with the names that nobody has",
    from: `${codemode}/engine/host.ts maxLookups`,
    beyond: "`code_lookups_limited`, which the code can catch",
  },
  {
    what: "tools that one `search` finds",
    from: `${codemode}/search/code-catalog.ts maxFound`,
    beyond: "the best of them; `total` says how many there are",
  },
  {
    what: "names of one `describe`",
    from: `${codemode}/inside/protocol.ts maxDescribed`,
    beyond: "`code_arguments_invalid`",
  },
  {
    what: "what `tools` gives",
    from: `${codemode}/search/code-catalog.ts maxListed`,
    unit: "chars",
    beyond: "schemas are left out; `omitted` names them",
  },
  {
    what: "the code",
    from: `${codemode}/language/language.ts maxCodeBytes`,
    unit: "bytes",
    beyond: "`code_too_large`",
  },
  {
    what: "arguments of calls, with the result",
    from: `${isolates} bytesOut`,
    unit: "bytes",
    beyond: "`isolate_output_exceeded`",
  },
  {
    what: "code, with the answers to its calls",
    from: `${isolates} bytesIn`,
    unit: "bytes",
    beyond: "`isolate_input_exceeded`",
  },
  {
    what: "what it logs",
    from: `${isolates} logBytes`,
    unit: "bytes",
    beyond: "`isolate_log_exceeded`",
  },
  {
    what: "what a model is shown of its answer",
    from: `${codemode}/results/truncate.ts maxAnswerLength`,
    unit: "chars",
    beyond: "[the rest can be read](#long-answers)",
  },
  {
    what: "runs of a caller that wait",
    from: `${codemode}/settings.ts maxPaused`,
    beyond: "`runs_limited`",
  },
];

export async function runLimitsTable(): Promise<string> {
  const time = `| time, from beginning to end or to a wait (\`${settings.runSeconds.variable}\`) | ${settings.runSeconds.fallback} s | \`isolate_time_exceeded\` |`;
  const [head, line, ...rows] = (await tableOf(limits)).split("\n");
  return [head, line, time, ...rows].join("\n");
}
