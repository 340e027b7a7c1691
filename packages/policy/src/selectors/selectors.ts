/** All kinds of selectors, and one of any kind. */
import type { Selector, SelectorKind, SelectorValues } from "../rules/selector.ts";
import { client, email, emailDomain, everyone, group, publicCaller, serviceToken } from "./caller.ts";
import { certificate, country, posture } from "./connection.ts";
import type { Matcher, SelectorDefinition } from "./definition.ts";
import { expression } from "./expression.ts";
import { ip } from "./ip.ts";
import { authenticationMethod, claim, loginMethod } from "./sign-in.ts";
import { time } from "./time.ts";

const definitions: { readonly [Kind in SelectorKind]: SelectorDefinition<SelectorValues[Kind]> } = {
  everyone,
  email,
  emailDomain,
  group,
  claim,
  loginMethod,
  authenticationMethod,
  serviceToken,
  client,
  public: publicCaller,
  ip,
  country,
  certificate,
  posture,
  time,
  expression,
};

/** What is wrong with it in itself, as a sentence that goes on after the field's name; undefined: nothing. */
export function selectorProblem(selector: Selector): string | undefined {
  return withDefinition(selector, (definition, value) => definition.problem(value));
}

/** Made ready. Throws an `Error` for a selector that cannot be; not for each that has a problem. */
export function selectorMatcher(selector: Selector): Matcher {
  return withDefinition(selector, (definition, value) => definition.matcher(value));
}

/** What it looks for, in words: `the e-mail address is ann@example.com`. */
export function selectorWords(selector: Selector): string {
  return withDefinition(selector, (definition, value) => definition.words(value));
}

export function selectorKindOf(selector: Selector): SelectorKind {
  return Object.keys(selector)[0] as SelectorKind;
}

function withDefinition<Result>(
  selector: Selector,
  use: (definition: SelectorDefinition<unknown>, value: unknown) => Result,
): Result {
  const kind = selectorKindOf(selector);
  return use(definitions[kind] as SelectorDefinition<unknown>, (selector as Record<string, unknown>)[kind]);
}
