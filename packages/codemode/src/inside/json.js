/** Values of a program as JSON, taken here: getters, proxies and `toJSON` run inside, and nothing but text leaves. */
import {
  coded,
  create,
  eachOfMap,
  eachOfSet,
  isPrototypeOf,
  prototypes,
  push,
  slice,
  stringify,
  toText,
} from "./intrinsics.js";

/** Raw JSON; undefined of undefined. Throws an error with `code` and a sentence that says what is in the way, and where. */
export function toJson(value, code) {
  if (value === undefined) return undefined;
  let text;
  try {
    text = stringify(value, (key, part) => written(key, part, code));
  } catch (error) {
    throw isOurs(error, code) ? error : coded(code, `This cannot be written as JSON: ${messageOf(error)}`);
  }
  if (text === undefined) throw coded(code, `A ${typeof value} cannot be written as JSON.`);
  return text;
}

/** What JSON would lose without a word is written as what it holds, or refused. */
function written(key, part, code) {
  if (typeof part === "bigint")
    throw coded(code, `A BigInt${placeOf(key)} cannot be written as JSON: make it a string or a number.`);
  if (typeof part !== "object" || part === null) return part;
  if (isPrototypeOf(prototypes.array, part)) return part;
  if (isPrototypeOf(prototypes.promise, part))
    throw coded(
      code,
      `A promise${placeOf(key)} was not awaited: use \`await\`, or \`await Promise.all(…)\`.`,
    );
  if (isPrototypeOf(prototypes.error, part))
    return { name: part.name, message: part.message, code: part.code };
  if (isPrototypeOf(prototypes.map, part)) return ofMap(part);
  if (isPrototypeOf(prototypes.set, part)) return ofSet(part);
  return part;
}

/** An object where all keys are strings, else an array of pairs. */
function ofMap(part) {
  const pairs = [];
  const object = create(null);
  let isObject = true;
  eachOfMap(part, (value, key) => {
    push(pairs, [key, value]);
    if (typeof key === "string") object[key] = value;
    else isObject = false;
  });
  return isObject ? object : pairs;
}

function ofSet(part) {
  const values = [];
  eachOfSet(part, (value) => push(values, value));
  return values;
}

function placeOf(key) {
  return key === "" ? "" : ` at \`${slice(toText(key), 0, 100)}\``;
}

function isOurs(error, code) {
  return isPrototypeOf(prototypes.error, error) && error.code === code;
}

function messageOf(error) {
  try {
    return slice(toText(error.message), 0, 1000);
  } catch {
    return "it throws.";
  }
}
