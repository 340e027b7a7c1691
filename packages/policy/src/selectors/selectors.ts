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

interface ReadySelector {
  readonly matcher: Matcher;
  /** Why nothing can be made of it, as a sentence. Nobody can tell then whether it fits: `unknown`, whatever comes. */
  readonly problem?: string;
}

/** Made ready. Not each that has a problem (`selectorProblem`) cannot be. */
export function readySelector(selector: Selector): ReadySelector {
  try {
    return { matcher: withDefinition(selector, (definition, value) => definition.matcher(value)) };
  } catch (error) {
    const [problem = ""] = (error as Error).message.split("\n", 1);
    return { matcher: { time: "who", match: () => "unknown" }, problem };
  }
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
  if (!Object.hasOwn(definitions, kind)) throw new Error(`there is no selector ${kind}`);
  return use(definitions[kind] as SelectorDefinition<unknown>, (selector as Record<string, unknown>)[kind]);
}
