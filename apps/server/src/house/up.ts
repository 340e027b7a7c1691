/** `castellan up`: start, say where it is, serve until told to stop, drain. */
import { ensureAdminToken } from "@castellan/access";
import { createId, systemClock } from "@castellan/kernel";
import { createTelemetry, type Logger, type Telemetry } from "@castellan/telemetry";
import { loadClientAuthorities, loadServerTls, startHttpServer, type HttpServer } from "@castellan/web";
import { readConfig, type Config } from "../config/settings.ts";
import { version } from "../version.ts";
import { adminFile, readAdminFile, writeAdminFile } from "./admin-file.ts";
import { faultHappened, requestRefused } from "./events.ts";
import { isLinkLost, keepFirstOwnerLink } from "./first-owner.ts";
import { createHouse } from "./house.ts";
import { createMetricsApp } from "./metrics-app.ts";
import { aborted, stopSignal } from "./stop-signal.ts";
import { openStore, type Store } from "./store.ts";

export interface UpOptions {
  /** Also run the demo servers and put them into the default portal. */
  readonly demo: boolean;
}

/** Runs until SIGINT or SIGTERM. Throws a fault when it cannot start. */
export async function up(options: UpOptions): Promise<void> {
  const stopping = stopSignal();
  try {
    await run(options, stopping);
  } catch (error) {
    // Told to stop in the middle of its start: what was begun has been put away.
    if (stopping.aborted && error instanceof Error && error.name === "AbortError") return;
    throw error;
  }
}

async function run({ demo }: UpOptions, stopping: AbortSignal): Promise<void> {
  const startedMs = systemClock.monotonic();
  const config = readConfig(process.env);
  await using opened = new AsyncDisposableStack();
  const telemetry = opened.use(await openTelemetry(config));
  const { logger } = telemetry;
  const store = opened.use(await openStore(config, logger, stopping));
  const { server, publicUrl } = await serve(config, store, telemetry, opened);
  await keepAdminFile(config, store, publicUrl, logger);
  await tellFirstOwner(config, store, publicUrl, logger);
  const startMs = Math.round(systemClock.monotonic() - startedMs);
  logger.info("Castellan is ready", { url: publicUrl, version, pid: process.pid, startMs });

  if (demo) {
    const { startDemo } = await import("../demo/demo.ts");
    opened.use(await startDemo({ config, localUrl: server.url, logger, tell, signal: stopping }));
  }
  await aborted(stopping);
  logger.info("Castellan is stopping: running calls may finish", { withinSeconds: config.drainSeconds });
  const { cut } = await server.drain({ timeoutMs: config.drainSeconds * 1000 });
  await opened.disposeAsync();
  logger.info("Castellan has stopped", { callsCut: cut });
}

function openTelemetry(config: Config): Promise<Telemetry> {
  return createTelemetry({
    service: { name: "castellan", version, instanceId: createId("replica") },
    log: { destination: process.stdout, ...(config.logLevel && { level: config.logLevel }) },
    ...(config.otlpEndpoint !== undefined && { otlp: { endpoint: config.otlpEndpoint } }),
  });
}

/** Opens the socket first, since the house must know the address that it gives out. */
async function serve(
  config: Config,
  store: Store,
  telemetry: Telemetry,
  opened: AsyncDisposableStack,
): Promise<{ server: HttpServer; publicUrl: string }> {
  const hooks = {
    onError: (error: unknown, requestId: string) => telemetry.emit(faultHappened, { error, requestId }),
    onRefused: (refused: { address: string; code: string }) => telemetry.emit(requestRefused, refused),
  };
  const { tlsCertFile, tlsKeyFile, clientCaFile } = config;
  const clientAuthorities = clientCaFile === undefined ? undefined : loadClientAuthorities(clientCaFile);
  const tls =
    tlsCertFile === undefined || tlsKeyFile === undefined
      ? undefined
      : loadServerTls({ certFile: tlsCertFile, keyFile: tlsKeyFile });
  const house = Promise.withResolvers<Awaited<ReturnType<typeof createHouse>>>();
  const server = await startHttpServer({
    app: { fetch: async (request, env) => (await house.promise).app.fetch(request, env) },
    host: config.host,
    port: config.port,
    maxConnections: config.maxConnections,
    tls,
    clientAuthorities,
    ...hooks,
  });
  // Disposed of in the opposite order: the socket closes before what it serves.
  const publicUrl = config.publicUrl ?? ownUrl(config, server);
  try {
    house.resolve(
      opened.use(await createHouse({ config, store, telemetry, version, publicUrl, clientAuthorities })),
    );
  } catch (error) {
    house.promise.catch(() => undefined);
    house.reject(error);
    await server[Symbol.asyncDispose]();
    throw error;
  }
  opened.use(server);
  if (config.metricsPort !== undefined)
    opened.use(
      await startHttpServer({
        app: createMetricsApp(telemetry),
        host: config.host,
        port: config.metricsPort,
        ...hooks,
      }),
    );
  return { server, publicUrl };
}

/** Passkeys belong to a domain, which an address is not (WebAuthn §5.1.3): on this computer it goes by its name. */
function ownUrl({ host }: Config, { url, port }: HttpServer): string {
  return ["127.0.0.1", "::1", "localhost"].includes(host)
    ? url.replace(/\/\/.*/, `//localhost:${port}`)
    : url;
}

/** Makes the first admin's token, and keeps the address in the file true. */
async function keepAdminFile(config: Config, store: Store, url: string, logger: Logger): Promise<void> {
  const known = await readAdminFile(config.dataDir);
  const created = await ensureAdminToken(store.database, {
    nowMs: systemClock.now(),
    keep: ({ secret }) => writeAdminFile(config.dataDir, { url, token: secret }),
  });
  if (created) {
    logger.info("The first admin's token was made", { file: adminFile(config.dataDir) });
  } else if (known && known.url !== url) {
    await writeAdminFile(config.dataDir, { ...known, url });
  }
}

/** While the platform has no owner: where the link is that makes one. */
async function tellFirstOwner(
  config: Config,
  store: Store,
  publicUrl: string,
  logger: Logger,
): Promise<void> {
  const link = await keepFirstOwnerLink(store.database, {
    dataDir: config.dataDir,
    publicUrl,
    nowMs: systemClock.now(),
    // Of the only replica: a link whose file is gone is nobody's.
    replaces: config.databaseUrl === undefined && (await isLinkLost(config.dataDir)),
  });
  if (!link) return;
  logger.info("Nobody owns this platform yet: open the link in this file", { file: link.file });
  tell(`Make the first account: ${link.url}`);
}

/** Says what must be kept nowhere: a terminal forgets, what is piped somewhere does not. */
function tell(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\n  ${text}\n\n`);
}
