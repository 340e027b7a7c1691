/** A `node` child process for each program, spoken to over IPC; some wait in readiness, as isolates do. No containment, no limits. */
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { median } from "../load/figures.ts";
import { memoryOf } from "../load/process.ts";
import { echo, empty, type Host, type Runtime } from "./runtime.ts";

const file = fileURLToPath(new URL("./node-child.ts", import.meta.url));
const waitingChildren = 2;

export function startNodeProcesses(): Runtime {
  const ready: Promise<ChildProcess>[] = [];
  const busy = new Set<ChildProcess>();
  const fill = () => {
    while (ready.length < waitingChildren) ready.push(start());
  };
  fill();

  async function runIn(child: ChildProcess, body: string, host: Host): Promise<string | undefined> {
    busy.add(child);
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    child.on("message", (message: { call?: number; text?: string; result?: string }) => {
      if (message.call === undefined) return resolve(message.result);
      void host(message.text ?? "").then((text) => child.send({ answer: message.call, text }));
    });
    child.send({ body });
    return promise.finally(() => busy.delete(child));
  }

  return {
    name: "node child process",
    async run(body, host) {
      const next = ready.shift() ?? start();
      const result = await runIn(await next, body, host);
      fill();
      return result;
    },
    async cold() {
      const startedMs = performance.now();
      await runIn(await start(), empty, echo);
      return performance.now() - startedMs;
    },
    async idleMiB() {
      fill();
      return proportionalMiB(await Promise.all(ready));
    },
    async busyMiB() {
      const child = await start();
      const { promise: opened, resolve: open } = Promise.withResolvers<string>();
      const arrived = Promise.withResolvers<void>();
      const run = runIn(child, "return await call('wait')", () => {
        arrived.resolve();
        return opened;
      });
      await arrived.promise;
      const each = await proportionalMiB([child]);
      open("");
      await run;
      return each;
    },
    async [Symbol.asyncDispose]() {
      for (const child of await Promise.all(ready)) child.kill("SIGKILL");
    },
  };
}

async function start(): Promise<ChildProcess> {
  const child = fork(file, { stdio: "ignore", env: {} });
  await once(child, "message");
  child.removeAllListeners("message");
  return child;
}

async function proportionalMiB(children: readonly ChildProcess[]): Promise<number> {
  const each = await Promise.all(children.map(({ pid }) => memoryOf(pid ?? 0)));
  return median(each.map(({ withChildrenMiB }) => withChildrenMiB));
}
