/** For the tests of the command line: the command, here or as a process of its own, and a server for it to talk to. */
import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { createTestApi, type TestApi } from "@castellan/api/testing";
import { startHttpServer } from "@castellan/web";
import { runProgram } from "../program.ts";
import { createProcessTerminal, type Streams } from "../terminal.ts";

export const bin = fileURLToPath(new URL("../../../bin/castellan.js", import.meta.url));

export interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
}

// Here as in the processes: times of day are the same wherever the tests run.
process.env["TZ"] = "UTC";

const bareEnv = { PATH: "/usr/bin:/bin", HOME: "/nonexistent", TZ: "UTC" };

/** Starts the command in an environment that holds nothing but what is given. */
export function startCastellan(
  args: readonly string[],
  { cwd, env = {}, input }: RunOptions,
): ChildProcessWithoutNullStreams {
  const child = spawn(process.execPath, [bin, ...args], {
    cwd: cwd ?? tmpdir(),
    env: { ...bareEnv, XDG_CACHE_HOME: join(tmpdir(), "castellan-tests"), ...env },
    stdio: "pipe",
  });
  child.stdin.end(input ?? "");
  return child;
}

export async function runCastellan(args: readonly string[], options: RunOptions = {}): Promise<Run> {
  const child = startCastellan(args, options);
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "exit") as Promise<[number | null]>,
  ]);
  return { code, stdout, stderr };
}

/** Runs it in the test's own process, as `main.ts` does in one that is made for it: a start takes longer than most commands. */
export async function runHere(
  args: readonly string[],
  { cwd = tmpdir(), env = {}, input = "" }: RunOptions = {},
): Promise<Run> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const said = [text(stdout), text(stderr)] as const;
  const streams = { env: { ...bareEnv, ...env }, stdin: Readable.from([Buffer.from(input)]), stdout, stderr };
  const terminal = createProcessTerminal(streams as unknown as Streams);
  const code = await runProgram(args, { ...terminal, cwd, home: bareEnv.HOME, isInteractive: false });
  stdout.end();
  stderr.end();
  return { code, stdout: await said[0], stderr: await said[1] };
}

export interface ServedApi extends AsyncDisposable {
  readonly api: TestApi;
  readonly url: string;
  /** Runs the command against this server as an admin. */
  castellan(args: readonly string[], options?: RunOptions): Promise<Run>;
  /** The same, with the parsed output of `--json`. Throws when the command fails. */
  json(args: readonly string[], options?: RunOptions): Promise<unknown>;
  /** `CASTELLAN_URL` and `CASTELLAN_TOKEN` of an admin. */
  readonly env: Readonly<Record<string, string>>;
}

export async function serveTestApi(): Promise<ServedApi> {
  await using opened = new AsyncDisposableStack();
  const api = opened.use(await createTestApi());
  const server = opened.use(
    await startHttpServer({
      app: api.app,
      host: "127.0.0.1",
      port: 0,
      onError: (error) => api.errors.push(error),
    }),
  );
  const env = { CASTELLAN_URL: server.url, CASTELLAN_TOKEN: await api.createToken({ name: "root" }) };
  const castellan = (args: readonly string[], options: RunOptions = {}) =>
    runHere(args, { ...options, env: { ...env, ...options.env } });
  const owned = opened.move();
  return {
    api,
    url: server.url,
    env,
    castellan,
    async json(args, options) {
      const { code, stdout, stderr } = await castellan([...args, "--json"], options);
      if (code !== 0) throw new Error(`castellan ${args.join(" ")} ended with ${code}: ${stderr}`);
      return JSON.parse(stdout);
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

export interface TestFolder extends AsyncDisposable {
  readonly path: string;
}

export async function makeFolder(): Promise<TestFolder> {
  const path = await mkdtemp(join(tmpdir(), "castellan-cli-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** The cells of a printed table, line by line. */
export function columns(stdout: string): string[][] {
  return stdout
    .trimEnd()
    .split("\n")
    .map((line) => line.split(/ {2,}/));
}
