/**
 * A host for the test that kills one: it says `up` and the folder's processes come and go from then on. `argv`: containment, folder.
 */
import type { ContainmentMode } from "../isolates.ts";

process.umask(0o077);
const { createIsolates } = await import("../create-isolates.ts");
const [containment, dir] = process.argv.slice(2) as [ContainmentMode, string];
const isolates = await createIsolates({
  containment,
  dir,
  onError: (error) => process.stderr.write(`${String(error)}\n`),
});

/** Each of another owner: a new process for each, one always starting. */
function run(owner: string, body: string, onBegin?: () => void): Promise<unknown> {
  const program = {
    owner,
    modules: { "main.js": `export default async () => { ${body} }` },
    mainModule: "main.js",
    compatibilityDate: "2026-07-01",
    bindings: {},
    input: "",
  };
  return isolates.run(program, { signal: new AbortController().signal, onBegin });
}

let count = 0;
const endless = ["for (;;);", "await scheduler.wait(1e6)"].map(
  (body) => new Promise<void>((resolve) => void run(`endless${++count}`, body, resolve)),
);
await Promise.all(endless);
process.stdout.write("up\n");
for (;;) await run(`owner${++count}`, `return "x"`);
