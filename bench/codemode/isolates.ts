/** The pool of this house: one workerd process for each program that runs, warm ones ready. */
import { randomUUID } from "node:crypto";
import { readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createIsolates, type ContainmentMode, type Isolates } from "@castellan/isolates";
import { memoryOf } from "../load/process.ts";
import { echo, empty, whileBusy, type Host, type Runtime } from "./runtime.ts";

export interface IsolatesRuntime extends Runtime {
  readonly isolates: Isolates;
  /** Each owner has processes of its own. */
  runFor(owner: string, body: string, host: Host): Promise<string | undefined>;
}

export async function startIsolates(
  containment: Exclude<ContainmentMode, "preferred">,
  { maxRunning = 16, warm = 2 } = {},
): Promise<IsolatesRuntime> {
  await using opened = new AsyncDisposableStack();
  const dir = join(tmpdir(), `isolates-${randomUUID().slice(0, 8)}`);
  opened.defer(() => rm(dir, { recursive: true, force: true }));
  const before = await children();
  const start = async (warm: number) =>
    createIsolates({
      containment,
      dir,
      warm,
      maxRunning,
      maxRunningPerOwner: maxRunning,
      onError: (error) => console.error(error),
    });
  const isolates = opened.use(await start(warm));
  const runFor = (owner: string, body: string, host: Host) => runIn(isolates, owner, body, host);
  const run = (body: string, host: Host) => runFor("bench", body, host);
  const eachMiB = async () => {
    const own = (await children()).filter((pid) => !before.includes(pid));
    const all = await Promise.all(own.map(memoryOf));
    return all.reduce((total, { withChildrenMiB }) => total + withChildrenMiB, 0) / own.length;
  };
  const owned = opened.move();
  return {
    name: containment === "required" ? "isolate, contained" : "isolate, plain",
    isolates,
    runFor,
    run,
    async cold() {
      const startedMs = performance.now();
      await using cold = await start(0);
      await runIn(cold, "cold", empty, echo);
      return performance.now() - startedMs;
    },
    idleMiB: eachMiB,
    busyMiB: () => whileBusy({ run }, 4, eachMiB),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function runIn(
  isolates: Isolates,
  owner: string,
  body: string,
  host: Host,
): Promise<string | undefined> {
  const end = await isolates.run(
    {
      owner,
      modules: {
        "program.js": `export default async (env) => { const call = (text) => env.HOST.call(text); ${body} }`,
      },
      mainModule: "program.js",
      compatibilityDate: "2026-07-01",
      bindings: { HOST: { call: (_method, argument) => host(argument) } },
      input: "",
    },
    { signal: new AbortController().signal },
  );
  if (end.kind !== "returned") throw new Error(`It did not return: ${JSON.stringify(end)}`);
  return end.text;
}

/** Processes that this one started. */
async function children(): Promise<number[]> {
  const text = await readFile(`/proc/${process.pid}/task/${process.pid}/children`, "utf8").catch(() => "");
  return text.trim().split(" ").filter(Boolean).map(Number);
}
