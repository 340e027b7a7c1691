/** The settings of the embedded PostgreSQL. They are given on its command line: the cluster's own files stay as initdb made them. */

/** The superuser and only role, and the database that initdb makes. */
export const embeddedUser = "castellan";
export const embeddedDatabase = "postgres";
/** Only part of the socket's name: nothing listens on TCP. */
export const embeddedPort = 5432;

/** Sized for one idle product under 200 MB resident: about 25 MB of it are PostgreSQL's. */
const settings = {
  listen_addresses: "",
  unix_socket_permissions: "0700",
  port: String(embeddedPort),
  max_connections: "50",
  shared_buffers: "64MB",
  huge_pages: "off",
  work_mem: "8MB",
  maintenance_work_mem: "32MB",
  effective_cache_size: "256MB",
  jit: "off",
  // Four processes that one machine does not need: three I/O workers and the replication launcher.
  io_method: "sync",
  max_logical_replication_workers: "0",
  max_worker_processes: "2",
  max_parallel_workers: "0",
  // Nothing is replicated or archived from here.
  wal_level: "minimal",
  max_wal_senders: "0",
  max_wal_size: "512MB",
  timezone: "UTC",
  log_timezone: "UTC",
  lc_messages: "C",
  // What the process says, without statements, values or keys in it: those are its users' data.
  log_destination: "stderr",
  logging_collector: "off",
  log_line_prefix: "",
  log_min_messages: "log",
  log_min_error_statement: "panic",
  log_error_verbosity: "terse",
  log_checkpoints: "off",
} as const;

/** For tests: a crash of the machine may lose or break everything. */
const throwawaySettings = { fsync: "off", synchronous_commit: "off", full_page_writes: "off" } as const;

/** The command line's `-c name=value` pairs. */
export function toArguments(options: {
  readonly socketDir: string;
  /** See `leftovers.ts`. */
  readonly clusterName: string;
  readonly isThrowaway: boolean;
}): string[] {
  const all = {
    ...settings,
    ...(options.isThrowaway && throwawaySettings),
    unix_socket_directories: options.socketDir,
    cluster_name: options.clusterName,
  };
  return Object.entries(all).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
}

/** initdb's arguments, but for the folder. The built-in C.UTF-8 sorts alike on every machine and after every upgrade. */
export function toInitArguments(isThrowaway: boolean): string[] {
  return [
    `--username=${embeddedUser}`,
    "--encoding=UTF8",
    "--locale-provider=builtin",
    "--locale=C",
    "--builtin-locale=C.UTF-8",
    "--auth=peer",
    "--data-checksums",
    "--no-instructions",
    ...(isThrowaway ? ["--no-sync"] : []),
  ];
}
