/** What the process itself costs. Everything is read when it is asked for; nothing runs in between but the lag's timer. */
import { monitorEventLoopDelay } from "node:perf_hooks";
import type { Meter } from "@opentelemetry/api";

const lagResolutionMs = 50;
const nanosecondsPerSecond = 1e9;

/**
 * Adds the metrics of this process under the names that Prometheus dashboards know. The event loop's
 * lag is of the time since the previous reading. The function that is returned stops the measuring.
 */
export function measureProcess(meter: Meter): () => void {
  const lag = monitorEventLoopDelay({ resolution: lagResolutionMs });
  lag.enable();

  const gauge = (name: string, description: string) => meter.createObservableGauge(name, { description });
  const resident = gauge("process_resident_memory_bytes", "Resident memory");
  const heap = gauge("nodejs_heap_size_used_bytes", "Memory that JavaScript objects take");
  const external = gauge("nodejs_external_memory_bytes", "Memory that buffers take outside the heap");
  const lagP99 = gauge(
    "nodejs_eventloop_lag_p99_seconds",
    "99th percentile of the event loop's lag since the last reading",
  );
  const lagMax = gauge(
    "nodejs_eventloop_lag_max_seconds",
    "Longest lag of the event loop since the last reading",
  );
  const handles = gauge("nodejs_active_resources", "Open handles and requests that keep the process alive");
  const started = gauge("process_start_time_seconds", "When the process started, in Unix time");
  const cpu = meter.createObservableCounter("process_cpu_seconds", {
    description: "Processor time of all threads",
  });
  const startSeconds = performance.timeOrigin / 1000;

  meter.addBatchObservableCallback(
    (result) => {
      const memory = process.memoryUsage();
      result.observe(resident, memory.rss);
      result.observe(heap, memory.heapUsed);
      result.observe(external, memory.external);
      // The sampling interval itself is part of what the monitor measures.
      const toLag = (nanoseconds: number) =>
        Math.max(0, nanoseconds / nanosecondsPerSecond - lagResolutionMs / 1000);
      result.observe(lagP99, lag.count === 0 ? 0 : toLag(lag.percentile(99)));
      result.observe(lagMax, lag.count === 0 ? 0 : toLag(lag.max));
      lag.reset();
      result.observe(handles, process.getActiveResourcesInfo().length);
      result.observe(started, startSeconds);
      const { user, system } = process.cpuUsage();
      result.observe(cpu, (user + system) / 1e6);
    },
    [resident, heap, external, lagP99, lagMax, handles, started, cpu],
  );
  return () => lag.disable();
}
