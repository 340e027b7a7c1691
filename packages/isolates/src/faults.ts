import { defineFaults } from "@castellan/kernel";

/** How runs in isolates fail. Each limit has a code of its own. */
export const isolateFaults = defineFaults({
  isolate_time_exceeded: {
    owner: "caller",
    status: 422,
    help: "The program took longer than it may. Let it do less, or do its calls in parallel.",
  },
  isolate_cpu_exceeded: {
    owner: "caller",
    status: 422,
    help: "The program used more processor time than it may: an endless loop, or too much work in one run.",
  },
  isolate_heap_exceeded: {
    owner: "caller",
    status: 422,
    help: "The program held more memory than it may. Keep less of what calls answer.",
  },
  isolate_memory_exceeded: {
    owner: "caller",
    status: 422,
    help: "The program's process took more memory than it may. Keep less of what calls answer.",
  },
  isolate_calls_exceeded: {
    owner: "caller",
    status: 422,
    help: "The program made more calls than one run may.",
  },
  isolate_output_exceeded: {
    owner: "caller",
    status: 422,
    help: "What the program sent out, in arguments and in its result, is more than one run may. Return less of it.",
  },
  isolate_input_exceeded: {
    owner: "caller",
    status: 422,
    help: "What calls answered, with the program itself, is more than one run may take in. Ask for less.",
  },
  isolate_log_exceeded: {
    owner: "caller",
    status: 422,
    help: "The program logged more than one run may.",
  },
  isolate_crashed: {
    owner: "caller",
    status: 422,
    help: "The program's process ended in the middle of it. Another run is not touched by that.",
  },
  isolates_busy: {
    owner: "system",
    status: 503,
    retryable: true,
    help: "Too many programs wait to run. Try again.",
  },
  isolates_unavailable: {
    owner: "system",
    status: 503,
    help: "This installation cannot run programs. `castellan doctor` says why, and what to do.",
  },
  isolate_containment_missing: {
    owner: "system",
    status: 503,
    help: "Programs are to run contained, and this machine cannot do that. `castellan doctor` says what is missing and how to get it.",
  },
});
