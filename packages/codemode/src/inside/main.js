/**
 * The main module of every program: it makes the world that the code sees, runs the code, and says what came of it: one line of JSON, and after
 * it what was returned as JSON (`outcome.ts`).
 */
import { installClock } from "./clock.js";
import { createApi, createPortal } from "./codemode.js";
import { installConsole } from "./console.js";
import { createHost } from "./host.js";
import { bare, defineProperty, Error, parse, slice, stringify, toText } from "./intrinsics.js";
import { toJson } from "./json.js";
import { installRandom } from "./random.js";
import { settled, watchRejections } from "./rejections.js";

/** Among the modules of this one; not there but in an isolate. */
const programModule = "./program.js";
const maxMessage = 4000;
const maxStack = 4000;

export default async function main(env, input) {
  const { startedAtMs, randomKey, room, needsCatalog } = parse(input);
  const host = createHost(env.HOST, startedAtMs);
  const console = installConsole();
  installClock(host, startedAtMs, (error) => console.error("In a timer:", error));
  installRandom(randomKey);
  installNoNetwork();
  const tellRejections = watchRejections(console);
  try {
    const { default: program } = await import(programModule);
    const catalogText = needsCatalog ? await host.ask("catalog", bare({})) : undefined;
    const codemode = room === "api" ? createApi(host) : createPortal(host, catalogText);
    defineProperty(globalThis, "codemode", { value: codemode });
    let value = await program();
    // `export default async () => …`, a function as the last expression, `main`.
    if (typeof value === "function") value = await value(codemode);
    const text = toJson(value, "code_result_invalid");
    // Calls that nobody waited for are part of the run all the same, and so are those that follow on them (`forEach(async …)`).
    while (host.isAsked()) await host.idle().then(settled);
    tellRejections();
    return text === undefined ? '{"kind":"returned"}' : `{"kind":"returned"}\n${text}`;
  } catch (error) {
    return stringify(
      bare({
        kind: "threw",
        name: told(error, "name", 100) ?? "Error",
        message: told(error, "message", maxMessage) ?? shown(error),
        code: told(error, "code", 100),
        stack: told(error, "stack", maxStack),
      }),
    );
  }
}

function installNoNetwork() {
  const refuse = async () => {
    throw new Error("There is no network here: what can be reached is in `codemode`.");
  };
  defineProperty(globalThis, "fetch", { value: refuse, configurable: true, writable: true });
}

/** A stranger's value: its getters may throw. */
function told(error, name, maxLength) {
  try {
    const value = typeof error === "object" && error !== null ? error[name] : undefined;
    return typeof value === "string" ? slice(value, 0, maxLength) : undefined;
  } catch {
    return undefined;
  }
}

/** What was thrown that is no error. */
function shown(value) {
  try {
    const text = typeof value === "object" ? stringify(value) : toText(value);
    return slice(toText(text), 0, maxMessage);
  } catch {
    return "";
  }
}
