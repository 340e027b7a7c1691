/**
 * CEL (https://cel.dev) over `caller`, `connection`, `call` and `now`. Types are checked when a rule is saved: a name that
 * there is not, or a comparison that can never be made, is refused then. What an argument is shows when the call comes:
 * an expression that fails over it comes to `unknown`.
 */
import { Environment } from "@marcbachmann/cel-js";
import { RE2JS } from "re2js";
import type { Moment } from "../definition.ts";
import type { Fit } from "../fit.ts";
import { factsOf } from "./context.ts";
import { linearMatch, readSyntax, type Reading } from "./syntax.ts";

export interface Program extends Reading {
  run(moment: Moment): Fit;
}

export const maxExpressionLength = 4096;

const patterns = new Map<string, RE2JS>();
const environment = createEnvironment();

/** Throws an `Error` with a sentence for what is no expression, or none that may be used, or whose result is no boolean. */
export function parseProgram(text: string): Program {
  if (text.length > maxExpressionLength)
    throw new Error(`must have at most ${maxExpressionLength} characters`);
  const evaluate = environment.parse(text);
  const reading = readSyntax(evaluate.ast);
  const { type, error } = evaluate.check();
  if (error) throw error;
  if (type !== "bool") throw new Error(`must come to true or false (bool), and comes to ${type}`);
  return {
    ...reading,
    run(moment) {
      try {
        const result: unknown = evaluate(factsOf(moment).contextFor(reading));
        if (result === true) return "yes";
        return result === false ? "no" : "unknown";
      } catch {
        return "unknown";
      }
    },
  };
}

function createEnvironment(): Environment {
  return new Environment({
    limits: { maxAstNodes: 400, maxDepth: 32, maxListElements: 256, maxMapEntries: 64, maxCallArguments: 8 },
  })
    .registerFunction(`string.${linearMatch}(string): bool`, (text: string, pattern: string) =>
      patternOf(pattern).matcher(text).find(),
    )
    .registerVariable({
      name: "caller",
      schema: {
        kind: "string",
        id: "string",
        email: "string",
        groups: "list<string>",
        provider: "string",
        amr: "list<string>",
        claims: "map<string, dyn>",
        client: "string",
      },
    })
    .registerVariable({
      name: "connection",
      schema: {
        address: "string",
        country: "string",
        certificate: { commonName: "string", fingerprint: "string" },
      },
    })
    .registerVariable({
      name: "call",
      schema: {
        portal: "string",
        server: "string",
        class: "string",
        tool: "string",
        method: "string",
        arguments: "map<string, dyn>",
      },
    })
    .registerVariable("now", "google.protobuf.Timestamp");
}

/** Patterns stand in rules, so that there are no more of them than rules have had. */
function patternOf(text: string): RE2JS {
  let pattern = patterns.get(text);
  if (pattern === undefined) {
    if (patterns.size === 1_000) patterns.clear();
    patterns.set(text, (pattern = RE2JS.compile(text)));
  }
  return pattern;
}
