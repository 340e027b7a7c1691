/**
 * Isolates that run scripts in this process: for tests that crash whoever runs them thousands of times. A script asks its host in the words of
 * `protocol.ts`, as a program does.
 */
import { PutOff, type Isolates, type Program, type RunEnd, type RunOptions } from "@castellan/isolates";
import { hostBinding } from "../inside/protocol.ts";
import type { PreparedCode } from "../engine/prepared-code.ts";

/** Steps one after the other; the values of all calls, in the order of the script, are the result. */
export type Script = readonly Step[];
export type Step =
  | { readonly kind: "call"; readonly tool: string; readonly key: string }
  | { readonly kind: "all"; readonly branches: readonly Script[] }
  | { readonly kind: "sleep"; readonly ms: number };

/** What a script gives for a code: its text is JSON of the script. */
export function prepareScript(text: string): PreparedCode {
  return {
    module: text,
    program: (host) => ({
      owner: "owner",
      modules: { "script.json": text },
      mainModule: "script.json",
      compatibilityDate: "2026-07-01",
      bindings: { [hostBinding]: host },
      input: "",
    }),
  };
}

export const scriptedIsolates: Pick<Isolates, "run"> = {
  run: (program, options) =>
    new Promise((resolve, reject) => new Running(program, options, { resolve, reject })),
};

class Running {
  readonly #program: Program;
  readonly #options: RunOptions;
  readonly #end: (end: RunEnd) => void;
  #open = 0;
  #putOff = 0;

  constructor(
    program: Program,
    options: RunOptions,
    { resolve, reject }: { resolve: (end: RunEnd) => void; reject: (error: unknown) => void },
  ) {
    this.#program = program;
    this.#options = options;
    this.#end = resolve;
    const { signal } = options;
    signal.addEventListener("abort", () => reject(signal.reason));
    if (signal.aborted) reject(signal.reason);
    const script = JSON.parse(program.modules["script.json"] ?? "[]") as Script;
    this.#run(script, { last: "" }).then(
      (values) =>
        resolve({ ...common, kind: "returned", text: `{"kind":"returned"}\n${JSON.stringify(values)}` }),
      (error: Error & { code?: string }) =>
        resolve({
          ...common,
          kind: "threw",
          error: { name: "Error", message: error.message, code: error.code },
        }),
    );
  }

  /** What is asked for depends on what was answered before, so that a replay that gives out anything else shows. */
  async #run(script: Script, seen: { last: string }): Promise<unknown[]> {
    const values: unknown[] = [];
    for (const step of script) {
      if (step.kind === "sleep") await this.#ask("wait", { ms: step.ms });
      else if (step.kind === "all") {
        const branches = step.branches.map((branch) => this.#run(branch, { last: seen.last }));
        const all = (await Promise.all(branches)).flat();
        values.push(...all);
        seen.last = JSON.stringify(all.at(-1) ?? seen.last);
      } else {
        const args = step.tool.startsWith("read") ? { key: step.key } : { key: step.key, after: seen.last };
        const value = await this.#ask("call", { tool: step.tool }, args);
        values.push({ tool: step.tool, key: step.key, value });
        seen.last = JSON.stringify(value);
      }
    }
    return values;
  }

  async #ask(method: string, head: object, body?: object): Promise<unknown> {
    this.#open++;
    const text = JSON.stringify(head) + (body ? `\n${JSON.stringify(body)}` : "");
    try {
      const reply = await this.#program.bindings[hostBinding]?.call(method, text, this.#options.signal);
      this.#open--;
      this.#look();
      const [told = "{}", value] = (reply ?? "").split("\n");
      const { code, message } = JSON.parse(told) as { code?: string; message?: string };
      if (code !== undefined) throw Object.assign(new Error(message), { code });
      return JSON.parse(value ?? "null");
    } catch (error) {
      if (!(error instanceof PutOff)) throw error;
      this.#open--;
      this.#putOff++;
      this.#look();
      return new Promise(() => {});
    }
  }

  /** Once the script has gone on with what it was answered. */
  #look(): void {
    setImmediate(() => {
      if (this.#open === 0 && this.#putOff > 0 && this.#options.onQuiet?.(this.#putOff) === "end")
        this.#end({ ...common, kind: "parked" });
    });
  }
}

const use = { wallMs: 1, cpuMs: 1, calls: 0, bytesIn: 0, bytesOut: 0, isWarm: true, waitedMs: 0 };
const common = { use, logs: [] };
