/**
 * What an expression may be made of. CEL has no loops without an end, but admins write expressions and strangers the
 * arguments that they are run over: so lists are gone through one at a time and never one inside another, patterns stand
 * in the expression and match in linear time, and what the library does in another way than CEL says is left out.
 */
import type { ASTNode } from "@marcbachmann/cel-js";
import { RE2JS } from "re2js";

/** What a checked expression looks at, and how much it costs. */
export interface Reading {
  readonly looksAtCall: boolean;
  readonly looksAtNow: boolean;
  readonly looksAtConnection: boolean;
  /** False: it comes to the same whoever calls what, and whenever. */
  readonly looksAtAnything: boolean;
  /** Names of the arguments that it looks at; `all`: cannot be told, or all of them. */
  readonly arguments: ReadonlySet<string> | "all";
  readonly cost: Cost;
}

/**
 * How the time of a run grows with what it is run over: `lookup`: hardly; `scan`: it goes through lists or matches patterns;
 * `product`: for each item of a list it looks at arguments again.
 */
export type Cost = "lookup" | "scan" | "product";

const variables = ["caller", "connection", "call", "now"];
const functions = new Set([
  "has",
  "size",
  "int",
  "double",
  "string",
  "bool",
  "timestamp",
  "duration",
  "dyn",
  "type",
]);
const walks = new Set(["all", "exists", "exists_one", "filter", "map"]);
/** With as many arguments as they may have. */
const methods = new Map([
  ["size", 0],
  ["startsWith", 1],
  ["endsWith", 1],
  ["contains", 1],
  ["lowerAscii", 0],
  ["upperAscii", 0],
  ["trim", 0],
  ["getDate", 0],
  ["getDayOfMonth", 0],
  ["getDayOfWeek", 0],
  ["getFullYear", 0],
  ["getMonth", 0],
  ["getHours", 0],
  ["getMinutes", 0],
  ["getSeconds", 0],
]);

/** By this name our own matching is known to the library, whose `matches` takes JavaScript's patterns. */
export const linearMatch = "matchesInLinearTime";

/**
 * Reads a parsed expression before it is checked, and puts our own matching in place of the library's. Throws an `Error`
 * with a sentence about what may not be in it.
 */
export function readSyntax(root: ASTNode): Reading {
  const roots = new Set<string>();
  const named = new Set<string>();
  let isAll = false;
  let cost: Cost = "lookup";

  function visit(node: ASTNode, isWithinWalk: boolean): void {
    const member = memberOfCall(node);
    if (member !== undefined) {
      roots.add("call");
      if (member === "arguments") isAll = true;
      if (member === "arguments" && isWithinWalk) cost = "product";
      return;
    }
    const argument = argumentOf(node);
    if (argument !== undefined) {
      roots.add("call");
      named.add(argument);
      if (isWithinWalk) cost = "product";
      return;
    }
    if (node.op === "id") {
      roots.add(node.args);
      if (node.args === "call") isAll = true;
    }
    if (node.op === "call" && !functions.has(node.args[0]))
      throw new Error(`there is no function ${node.args[0]}`);
    if (node.op !== "rcall") {
      for (const child of childrenOf(node)) visit(child, isWithinWalk);
      return;
    }
    const [name, receiver, given] = node.args;
    const isWalk = walks.has(name);
    if (isWalk && isWithinWalk)
      throw new Error(`${name} cannot be used inside of another walk through a list`);
    if ((isWalk || name === "matches") && cost === "lookup") cost = "scan";
    if (name === "matches") useLinearMatch(node, given);
    else if (!isWalk && methods.get(name) !== given.length) throw new Error(unknownMethod(name));
    visit(receiver, isWithinWalk);
    for (const child of given) visit(child, isWithinWalk || isWalk);
  }

  visit(root, false);
  return {
    looksAtCall: roots.has("call"),
    looksAtNow: roots.has("now"),
    looksAtConnection: roots.has("connection"),
    looksAtAnything: variables.some((name) => roots.has(name)),
    arguments: isAll ? "all" : named,
    cost,
  };
}

function unknownMethod(name: string): string {
  if (name.startsWith("get")) return `${name} takes no time zone here: the selector \`time\` does`;
  return `there is no method ${name}, or it takes another number of arguments`;
}

function useLinearMatch(node: ASTNode & { op: "rcall" }, given: readonly ASTNode[]): void {
  const [pattern] = given;
  if (given.length !== 1 || pattern?.op !== "value" || typeof pattern.args !== "string") {
    throw new Error("matches takes one pattern, written out in quotes");
  }
  try {
    RE2JS.compile(pattern.args);
  } catch (error) {
    throw new Error(`${pattern.args} is no pattern (RE2): ${(error as Error).message}`, { cause: error });
  }
  (node.args as [string, ...unknown[]])[0] = linearMatch;
}

/** The name in `call.name`. */
function memberOfCall(node: ASTNode): string | undefined {
  if (node.op !== ".") return undefined;
  const [object, name] = node.args;
  return object.op === "id" && object.args === "call" ? name : undefined;
}

/** The name in `call.arguments.name` and `call.arguments["name"]`. */
function argumentOf(node: ASTNode): string | undefined {
  if ((node.op !== "." && node.op !== "[]") || memberOfCall(node.args[0]) !== "arguments") return undefined;
  if (node.op === ".") return node.args[1];
  const [, key] = node.args;
  return key.op === "value" && typeof key.args === "string" ? key.args : undefined;
}

function childrenOf(node: ASTNode): readonly ASTNode[] {
  switch (node.op) {
    case "value":
    case "id":
      return [];
    case ".":
    case ".?":
      return [node.args[0]];
    case "!_":
    case "-_":
      return [node.args];
    case "call":
      return node.args[1];
    case "rcall":
      return [node.args[1], ...node.args[2]];
    case "map":
      return node.args.flat();
    default:
      return node.args;
  }
}
