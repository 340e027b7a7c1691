/**
 * The program's main module: it hands the program its `env`, and its result to the supervisor. It shares its realm with the program,
 * so it is a convenience and no guard. What it says is a stranger's word, and the limits are held outside.
 *
 * It loads the program when asked to run, not before: what it needs of the realm is then already in its hands.
 */
import { WorkerEntrypoint } from "cloudflare:workers";

const {
  setTimeout: nativeSetTimeout,
  clearTimeout: nativeClearTimeout,
  setInterval: nativeSetInterval,
  Request,
  Response,
  Promise,
  JSON,
} = globalThis;
const maxMessageLength = 8_192;
const maxNameLength = 256;

let maxLength = 0;
let hasBegun = false;
let asked = 0;
let open = 0;
let made = 0;
const timers = new Set();

export default class extends WorkerEntrypoint {
  /** Answers how it ended: `{ kind: "returned", text }`, `{ kind: "nothing" }` or `{ kind: "threw", name, message, stack, code }`. */
  async run(bridge, program, input) {
    if (hasBegun) throw new Error("A program runs once.");
    hasBegun = true;
    trackTimers();
    maxLength = program.bytesOut;
    if (program.outbound)
      globalThis.fetch = (resource, init) => fetchOut(bridge, new Request(resource, init));
    try {
      const { default: main } = await import(`./${program.mainModule}`);
      if (typeof main !== "function")
        throw new TypeError(`${program.mainModule} has no function as its default export.`);
      const result = await main(toEnv(bridge, program.bindings), input);
      if (result === undefined) return { kind: "nothing" };
      if (typeof result !== "string") throw new TypeError("The program's result is not a text.");
      if (result.length > maxLength) await bridge.exceed();
      return { kind: "returned", text: result.toWellFormed() };
    } catch (error) {
      return toThrown(error);
    }
  }

  /** Answers how many calls were made once only `putOff` of them wait and no timer does; nothing if asked again meanwhile. */
  async quiet(putOff) {
    const mine = ++asked;
    do {
      await new Promise((resolve) => nativeSetTimeout(resolve, 2));
      if (mine !== asked) return undefined;
    } while (open > putOff || timers.size > 0);
    return made;
  }
}

function toEnv(bridge, names) {
  const env = Object.create(null);
  for (const name of names) {
    env[name] = new Proxy(Object.freeze(Object.create(null)), {
      // Not `then`: what is awaited by mistake would call it.
      get: (_, method) =>
        typeof method === "string" && method !== "then"
          ? (argument) => callOut(bridge, name, method, argument)
          : undefined,
    });
  }
  return Object.freeze(env);
}

async function callOut(bridge, binding, method, argument) {
  if (typeof argument !== "string") throw new TypeError("A binding takes one text.");
  if (method.length > maxNameLength) throw new TypeError("There is no method with so long a name.");
  if (argument.length > maxLength) await bridge.exceed();
  const answer = await counted(() => bridge.call(binding, method.toWellFormed(), argument.toWellFormed()));
  if (answer.ok) return answer.text;
  throw toError(answer);
}

async function fetchOut(bridge, request) {
  const { method, url } = request;
  const bytes = new Uint8Array(await request.arrayBuffer());
  if (bytes.length > maxLength) await bridge.exceed();
  const body = bytes.toBase64();
  const answer = await counted(() => bridge.fetch({ method, url, headers: [...request.headers] }, body));
  if (!answer.ok) throw toError(answer);
  return new Response(answer.text === "" ? null : Uint8Array.fromBase64(answer.text), {
    status: answer.status,
    headers: answer.headers,
  });
}

async function counted(call) {
  open += 1;
  made += 1;
  try {
    return await call();
  } finally {
    open -= 1;
  }
}

function toError(answer) {
  const error = new Error(answer.text);
  if (answer.code !== undefined) error.code = answer.code;
  return error;
}

/** So that a program that waits for its own timer is not taken for one that has nothing left to do. */
function trackTimers() {
  globalThis.setTimeout = (callback, ...rest) => {
    const timer = nativeSetTimeout(
      (...values) => {
        timers.delete(timer);
        callback(...values);
      },
      ...rest,
    );
    timers.add(timer);
    return timer;
  };
  globalThis.setInterval = (...values) => {
    const timer = nativeSetInterval(...values);
    timers.add(timer);
    return timer;
  };
  globalThis.clearTimeout = globalThis.clearInterval = (timer) => {
    timers.delete(timer);
    nativeClearTimeout(timer);
  };
  const { scheduler } = globalThis;
  const wait = scheduler.wait.bind(scheduler);
  scheduler.wait = async (...values) => {
    const mark = {};
    timers.add(mark);
    try {
      await wait(...values);
    } finally {
      timers.delete(mark);
    }
  };
}

/** A stranger's value: its getters may throw, or lie. */
function toThrown(error) {
  const text = (name) => {
    try {
      const value = typeof error === "object" && error !== null ? error[name] : undefined;
      return typeof value === "string" ? value.slice(0, maxMessageLength).toWellFormed() : undefined;
    } catch {
      return undefined;
    }
  };
  return {
    kind: "threw",
    name: text("name") ?? "Error",
    message: text("message") ?? shown(error),
    stack: text("stack"),
    code: text("code"),
  };
}

function shown(value) {
  try {
    const text = typeof value === "object" ? JSON.stringify(value) : String(value);
    return (text ?? "").slice(0, maxMessageLength).toWellFormed();
  } catch {
    return "";
  }
}
