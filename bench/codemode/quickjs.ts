/** QuickJS as WebAssembly in this process: an interpreter and a context for each program. */
import { newQuickJSWASMModule, type QuickJSContext, type QuickJSWASMModule } from "quickjs-emscripten";
import { timeRuns, empty, echo, type Host, type Runtime } from "./runtime.ts";

export async function startQuickJs(): Promise<Runtime> {
  const module = await newQuickJSWASMModule();
  const run = (body: string, host: Host) => runIn(module, body, host);
  return {
    name: "QuickJS, in this process",
    run,
    async cold() {
      // The module is compiled anew each time, as in a process that begins.
      const { p50 } = await timeRuns(1, async () => runIn(await newQuickJSWASMModule(), empty, echo));
      return p50;
    },
    async idleMiB() {
      using context = module.newContext();
      return usedMiB(context);
    },
    async busyMiB() {
      let busyMiB = Number.NaN;
      await runIn(module, "return await call('wait')", echo, (context) => (busyMiB = usedMiB(context)));
      return busyMiB;
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** As the interpreter counts what it allocated; the module around it is there once. */
function usedMiB(context: QuickJSContext): number {
  using usage = context.runtime.computeMemoryUsage();
  using bytes = context.getProp(usage, "memory_used_size");
  return context.getNumber(bytes) / 2 ** 20;
}

/** `look`: at the context, once its first call is under way. */
async function runIn(
  module: QuickJSWASMModule,
  body: string,
  host: Host,
  look?: (context: QuickJSContext) => void,
): Promise<string | undefined> {
  const context = module.newContext();
  const jobs = () => void context.runtime.executePendingJobs();
  addCall(context, host, jobs);
  const begun = context.unwrapResult(context.evalCode(`(async () => { ${body} })()`));
  try {
    const ending = context.resolvePromise(begun);
    jobs();
    look?.(context);
    const handle = context.unwrapResult(await ending);
    const text = context.typeof(handle) === "string" ? context.getString(handle) : undefined;
    handle.dispose();
    return text;
  } finally {
    begun.dispose();
    context.dispose();
  }
}

function addCall(context: QuickJSContext, host: Host, jobs: () => void): void {
  const call = context.newFunction("call", (argument) => {
    const text = context.getString(argument);
    const promise = context.newPromise();
    void host(text).then((answer) => {
      const handle = context.newString(answer);
      promise.resolve(handle);
      handle.dispose();
      return jobs();
    });
    return promise.handle;
  });
  context.setProp(context.global, "call", call);
  call.dispose();
}
