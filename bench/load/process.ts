/** Programs under measurement, as processes of their own. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";

const readyTimeoutMs = 60_000;
const stopTimeoutMs = 30_000;

export interface Running extends AsyncDisposable {
  readonly pid: number;
}

/** Starts a program and waits until it prints something that matches; gives the match. */
export async function startProgram(options: {
  command: string;
  args: readonly string[];
  env?: Readonly<Record<string, string>>;
  ready: RegExp;
}): Promise<Running & { readonly match: RegExpExecArray }> {
  const child = spawn(options.command, options.args, {
    env: { ...process.env, ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  // However this process ends, what it measured ends too.
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  child.once("exit", () => process.off("exit", kill));
  const match = await waitFor(child, options.ready);
  return {
    pid: child.pid ?? 0,
    match,
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null) return;
      const exited = once(child, "exit");
      child.kill("SIGTERM");
      const late = setTimeout(kill, stopTimeoutMs);
      await exited;
      clearTimeout(late);
    },
  };
}

function waitFor(child: ChildProcess, ready: RegExp): Promise<RegExpExecArray> {
  const { promise, resolve, reject } = Promise.withResolvers<RegExpExecArray>();
  let said = "";
  const late = setTimeout(() => {
    child.kill("SIGKILL");
    reject(new Error(`not ready within ${readyTimeoutMs} ms:\n${said}`));
  }, readyTimeoutMs);
  for (const stream of [child.stdout, child.stderr])
    stream?.on("data", (chunk: Buffer) => {
      said = (said + chunk.toString("utf8")).slice(-20_000);
      const match = ready.exec(said);
      if (match) resolve(match);
    });
  child.on("error", reject);
  child.on("exit", (code) =>
    reject(new Error(`ended with code ${String(code)} before it was ready:\n${said}`)),
  );
  return promise.finally(() => clearTimeout(late));
}

/** Memory of a process and its descendants: resident for itself, proportional for all (Linux), MiB. */
export async function memoryOf(pid: number): Promise<{ residentMiB: number; withChildrenMiB: number }> {
  const own = await field(pid, "status", /VmRSS:\s+(\d+)/);
  let all = 0;
  for (const member of [pid, ...(await descendants(pid))])
    all += await field(member, "smaps_rollup", /^Pss:\s+(\d+)/m);
  return { residentMiB: own / 1024, withChildrenMiB: all / 1024 };
}

/** Processor time that a process has used so far, all its threads together, milliseconds (Linux). Its children do not count. */
export async function cpuOf(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8");
  // The name may hold spaces and brackets; the last bracket ends it, and `state` is the field after it.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const [userTicks, systemTicks] = [Number(fields[11]), Number(fields[12])];
  return ((userTicks + systemTicks) * 1000) / ticksPerSecond;
}

/** USER_HZ, which Linux fixes for everybody who reads `/proc`. */
const ticksPerSecond = 100;

async function descendants(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8").catch(() => "");
  const children = text.trim().split(" ").filter(Boolean).map(Number);
  const deeper = await Promise.all(children.map(descendants));
  return [...children, ...deeper.flat()];
}

async function field(pid: number, file: string, pattern: RegExp): Promise<number> {
  const text = await readFile(`/proc/${pid}/${file}`, "utf8").catch(() => "");
  return Number(pattern.exec(text)?.[1] ?? 0);
}
