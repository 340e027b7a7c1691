# One process of the pool. `HEAP_MIB` is written in by the host, which keeps this file beside `supervisor.js`.
using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    # Nothing is reachable. Without a service of this name the runtime makes one that reaches everything, and wants certificates for it.
    (name = "internet", network = (allow = [])),
    (name = "supervisor", worker = .supervisor),
  ],
  sockets = [(name = "run", http = (), service = "supervisor")],
  v8Flags = ["--max-heap-size=HEAP_MIB"],
  # What programs log comes out as one JSON object a line, on stdout.
  logging = (structuredLogging = true),
);

const supervisor :Workerd.Worker = (
  modules = [(name = "supervisor.js", esModule = embed "supervisor.js")],
  compatibilityDate = "2026-07-01",
  compatibilityFlags = ["experimental"],
  globalOutbound = "supervisor",
  bindings = [(name = "LOADER", workerLoader = ())],
);
