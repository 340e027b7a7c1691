/**
 * What these modules need of JavaScript, taken before any code of a stranger runs: whatever a program does to prototypes and globals afterwards,
 * it does to itself. These modules guard nothing, though: they share a realm with the program, and the host believes neither.
 */
const { bind, call } = Function.prototype;

/** A method as a function of its receiver. */
const uncurried = bind.bind(call);

export const { Array, Error, Map, Promise, Proxy, Set, TypeError, Uint8Array, Uint32Array } = globalThis;
export const { parse, stringify } = JSON;
export const { isArray } = Array;
export const { create, defineProperty, freeze } = Object;
export const { apply, construct, ownKeys } = Reflect;
export const { floor } = Math;
export const toText = String;

export const hasOwn = Object.hasOwn;
export const isPrototypeOf = uncurried(Object.prototype.isPrototypeOf);
export const indexOf = uncurried(String.prototype.indexOf);
export const slice = uncurried(String.prototype.slice);
export const join = uncurried(Array.prototype.join);
export const push = uncurried(Array.prototype.push);
export const map = uncurried(Array.prototype.map);
export const add = uncurried(Set.prototype.add);
export const has = uncurried(Set.prototype.has);
export const remove = uncurried(Set.prototype.delete);
export const get = uncurried(Map.prototype.get);
export const set = uncurried(Map.prototype.set);
export const eachOfMap = uncurried(Map.prototype.forEach);
export const eachOfSet = uncurried(Set.prototype.forEach);

export const prototypes = freeze({
  array: Array.prototype,
  date: Date.prototype,
  error: Error.prototype,
  map: Map.prototype,
  promise: Promise.prototype,
  set: Set.prototype,
});

/** Own property of an object that JSON.parse made; what its prototype was given does not count. */
export function own(object, name) {
  return hasOwn(object, name) ? object[name] : undefined;
}

/** An object with these properties and nothing above it. */
export function bare(properties) {
  const object = create(null);
  for (const name of ownKeys(properties)) object[name] = properties[name];
  return object;
}

/** An error with a code, as the host's faults are told. */
export function coded(code, message) {
  const error = new Error(message);
  defineProperty(error, "code", bare({ value: code, enumerable: true, writable: true, configurable: true }));
  return error;
}
