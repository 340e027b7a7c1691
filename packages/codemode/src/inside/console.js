/** `console` for programs: values as text that a model can read, handed to the runtime's own console line by line. */
import {
  defineProperty,
  eachOfMap,
  eachOfSet,
  indexOf,
  isArray,
  isPrototypeOf,
  join,
  map,
  ownKeys,
  prototypes,
  push,
  slice,
  stringify,
  toText,
} from "./intrinsics.js";

/** Characters of one line; what is more is cut. */
const maxLine = 10_000;
const maxDepth = 6;
const maxEntries = 100;

export function installConsole() {
  const lines = {};
  for (const level of ["debug", "log", "info", "warn", "error"]) {
    const write = globalThis.console[level].bind(globalThis.console);
    lines[level] = (...values) =>
      write(
        cut(
          join(
            map(values, (value) => shown(value)),
            " ",
          ),
        ),
      );
  }
  const ignore = () => undefined;
  defineProperty(globalThis, "console", {
    value: {
      ...lines,
      trace: lines.debug,
      dir: (value) => lines.log(value),
      table: (value) => lines.log(value),
      assert: (isTrue, ...values) => (isTrue ? undefined : lines.error("Assertion failed:", ...values)),
      group: (...values) => (values.length > 0 ? lines.log(...values) : undefined),
      groupCollapsed: ignore,
      groupEnd: ignore,
      time: ignore,
      timeLog: ignore,
      timeEnd: ignore,
      count: ignore,
      countReset: ignore,
      clear: ignore,
    },
    configurable: true,
    writable: true,
  });
  return lines;
}

function shown(value) {
  if (typeof value === "string") return value;
  try {
    return inspect(value, 0, [], { left: maxLine });
  } catch {
    return "[cannot be shown]";
  }
}

function inspect(value, depth, above, budget) {
  const text = scalar(value);
  if (text !== undefined) {
    budget.left -= text.length;
    return text;
  }
  for (let at = 0; at < above.length; at++) if (above[at] === value) return "[circular]";
  if (budget.left <= 0 || depth >= maxDepth) return isArray(value) ? "[…]" : "{…}";
  if (isPrototypeOf(prototypes.error, value)) return shownError(value);
  if (isPrototypeOf(prototypes.date, value)) return toText(value.toJSON());
  if (isPrototypeOf(prototypes.promise, value)) return "[promise, not awaited]";
  const inner = (part) => inspect(part, depth + 1, [...above, value], budget);
  const parts = [];
  const take = (make) => {
    if (parts.length < maxEntries && budget.left > 0) push(parts, make());
    else if (parts.length === maxEntries) push(parts, "…");
  };
  if (isArray(value)) {
    for (let at = 0; at < value.length && at <= maxEntries; at++) take(() => inner(value[at]));
    return `[${join(parts, ", ")}]`;
  }
  if (isPrototypeOf(prototypes.map, value)) {
    eachOfMap(value, (part, key) => take(() => `${inner(key)} => ${inner(part)}`));
    return `Map {${join(parts, ", ")}}`;
  }
  if (isPrototypeOf(prototypes.set, value)) {
    eachOfSet(value, (part) => take(() => inner(part)));
    return `Set {${join(parts, ", ")}}`;
  }
  for (const name of ownKeys(value))
    if (typeof name === "string") take(() => `${name}: ${inner(value[name])}`);
  return `{${join(parts, ", ")}}`;
}

/** With the line of the code that it comes from, and none of ours. */
function shownError(error) {
  const text = `${toText(error.name)}: ${toText(error.message)}`;
  const stack = toText(error.stack);
  const at = indexOf(stack, place);
  if (at < 0) return text;
  const from = at + place.length;
  return `${text} (line ${slice(stack, from, indexOf(stack, ":", from))})`;
}

const place = "program.js:";

function scalar(value) {
  switch (typeof value) {
    case "string":
      return stringify(cut(value));
    case "bigint":
      return `${value}n`;
    case "function":
      return `[function ${toText(value.name)}]`;
    case "object":
      return value === null ? "null" : undefined;
    default:
      return toText(value);
  }
}

function cut(text) {
  return text.length > maxLine ? `${slice(text, 0, maxLine)}… (${text.length - maxLine} more)` : text;
}
