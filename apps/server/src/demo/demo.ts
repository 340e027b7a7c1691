/**
 * The demo: three real MCP servers behind the default portal, and three people who may use more or less of them, so that
 * there is something to see within a minute. The servers have no sign-in of their own, so they run on loopback only.
 */
import { fileURLToPath } from "node:url";
import type { Logger } from "@castellan/telemetry";
import type { Config } from "../config/settings.ts";
import { serverFaults } from "../faults.ts";
import { readAdminFile } from "../house/admin-file.ts";
import { freePort, startChild } from "./child.ts";
import { createDemoClient, type DemoClient } from "./demo-client.ts";
import { keepDemoLinks } from "./demo-links.ts";
import { demoAccess, demoPeople } from "./demo-people.ts";
import { demoServers, type DemoServer } from "./demo-servers.ts";

const portal = "default";
const confine = fileURLToPath(new URL("confine.ts", import.meta.url));

export async function startDemo(options: {
  config: Config;
  /** Where it listens itself; the public address may lie behind a proxy. */
  localUrl: string;
  logger: Logger;
  /** Says something to whoever sits at the terminal; nobody hears it where there is none. */
  tell: (text: string) => void;
  signal: AbortSignal;
}): Promise<AsyncDisposable> {
  const { config, localUrl, logger, tell, signal } = options;
  if (!config.isLoopback)
    throw serverFaults.fault(
      "demo_beyond_loopback",
      `The demo starts on loopback only, not on ${config.host}`,
    );
  const children: AsyncDisposable[] = [];
  const access = await readAdminFile(config.dataDir);
  if (!access) {
    logger.warn("The demo needs the first admin's token, and its file is gone", { folder: config.dataDir });
    return { [Symbol.asyncDispose]: () => Promise.resolve() };
  }
  const client = createDemoClient({ ...access, url: localUrl }, signal);
  const started = await Promise.allSettled(
    demoServers.map((demo) =>
      runDemoServer(demo, { client, dataDir: config.dataDir, logger, signal, children }),
    ),
  );
  for (const [index, outcome] of started.entries())
    if (outcome.status === "rejected" && !signal.aborted)
      logger.warn("A demo server is missing", { server: demoServers[index]?.slug, error: outcome.reason });

  const running = demoServers
    .filter((_, index) => started[index]?.status === "fulfilled")
    .map(({ slug }) => slug);
  await ensurePortal(client, running).catch((error: unknown) => {
    if (!signal.aborted) logger.warn("The demo's portal is missing", { portal, error });
  });
  await tellLinks(client, { dataDir: config.dataDir, logger, tell }).catch((error: unknown) => {
    if (!signal.aborted) logger.warn("The links for the demo's people are missing", { error });
  });
  logger.info("The demo is ready: connect an MCP client", {
    url: `${access.url}/mcp`,
    servers: running,
    next: "sign in when it asks you to, or make a token: npx castellan token create me --portal default --allow read,write",
  });
  return {
    async [Symbol.asyncDispose]() {
      await Promise.all(children.map((child) => child[Symbol.asyncDispose]()));
    },
  };
}

/** Makes the portal and the people who use it. Where it is, everything is as an admin left it. */
async function ensurePortal(client: DemoClient, servers: readonly string[]): Promise<void> {
  if (await client.hasPortal(portal)) return;
  for (const person of demoPeople) await client.ensurePerson(person);
  await client.addPortal({ slug: portal, title: "Demo", servers, access: demoAccess });
}

async function tellLinks(
  client: DemoClient,
  { dataDir, logger, tell }: { dataDir: string; logger: Logger; tell: (text: string) => void },
): Promise<void> {
  const links = await keepDemoLinks(client, dataDir);
  if (!links) return;
  logger.info("The demo has people: be one of them by a link in this file", { file: links.file });
  tell(["Be one of the demo's people (each link works once):", ...links.lines].join("\n  "));
}

async function runDemoServer(
  demo: DemoServer,
  parts: {
    client: DemoClient;
    dataDir: string;
    logger: Logger;
    signal: AbortSignal;
    children: AsyncDisposable[];
  },
): Promise<void> {
  const { client, dataDir, logger, signal, children } = parts;
  const known = await client.findServer(demo.slug);
  const port = await freePort(known && Number(new URL(known.url).port));
  const { args, env = {} } = demo.program({ port, dataDir });
  const onLine = (line: string) => logger.debug("A demo server says", { server: demo.slug, line });
  const child = await startChild({ args: ["--import", confine, ...args], env, port, onLine, signal });
  children.push(child);
  if (known) await client.syncServer(demo.slug);
  else
    await client.addServer({
      slug: demo.slug,
      title: demo.title,
      url: `http://127.0.0.1:${port}/mcp`,
      allowPrivate: [`127.0.0.1:${port}`],
    });
}
