/** Real MCP servers from npm and from examples/, as processes. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";

const require = createRequire(import.meta.url);

export interface RunningServer extends AsyncDisposable {
  readonly url: string;
  readonly pid: number;
}

export async function startEverything(port?: number): Promise<RunningServer> {
  const own = port ?? (await freePort());
  const file = require.resolve("@modelcontextprotocol/server-everything/dist/index.js");
  return start(
    [file, "streamableHttp"],
    { PORT: String(own) },
    /listening on port/,
    () => `http://127.0.0.1:${own}/mcp`,
  );
}

/** The same server over the transport of 2024-11-05. */
export async function startEverythingSse(): Promise<RunningServer> {
  const own = await freePort();
  const file = require.resolve("@modelcontextprotocol/server-everything/dist/index.js");
  return start(
    [file, "sse"],
    { PORT: String(own) },
    /running on port|listening on port/,
    () => `http://127.0.0.1:${own}/sse`,
  );
}

export function startExample(name: "invoices" | "okrs"): Promise<RunningServer> {
  const file = fileURLToPath(new URL(`../../examples/${name}/src/main.ts`, import.meta.url));
  return start([file, "--port", "0"], {}, /(http:\/\/\S+)/, (match) => match[1] ?? "");
}

async function start(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  ready: RegExp,
  toUrl: (match: RegExpExecArray) => string,
): Promise<RunningServer> {
  const child = spawn(process.execPath, args, {
    env: { PATH: process.env["PATH"], ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const { promise, resolve, reject } = Promise.withResolvers<RegExpExecArray>();
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => {
      said = (said + chunk.toString("utf8")).slice(-10_000);
      const match = ready.exec(said);
      if (match) resolve(match);
    });
  child.once("exit", (code) => reject(new Error(`${args[0]} ended with ${String(code)}:\n${said}`)));
  const url = toUrl(await promise);
  return {
    url,
    pid: child.pid ?? 0,
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGKILL");
      await once(child, "exit");
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  if (address === null || typeof address === "string") throw new Error("a TCP server has a port");
  return address.port;
}
