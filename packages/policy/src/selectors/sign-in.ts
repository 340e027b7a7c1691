/** Selectors of how somebody signed in, and of what their provider said of them then. */
import type { ClaimValue } from "../facts/facts.ts";
import type { ClaimSelector } from "../rules/selector.ts";
import type { SelectorDefinition } from "./definition.ts";
import { fitOf } from "./fit.ts";

export const loginMethod: SelectorDefinition<string> = {
  problem: (value) => (value === "" ? "must be the name of a provider, or `local`" : undefined),
  matcher: (value) => ({ time: "who", match: (caller) => fitOf(caller.provider === value) }),
  words: (value) =>
    value === "local" ? "they signed in with an account of ours" : `they signed in with ${value}`,
};

export const authenticationMethod: SelectorDefinition<string> = {
  problem: (value) =>
    /^[\x21-\x7e]{1,64}$/.test(value) ? undefined : "must be a value of `amr`, such as mfa",
  matcher: (value) => ({ time: "who", match: (caller) => fitOf(caller.amr.includes(value)) }),
  words: (value) => `they proved who they are by ${value}`,
};

export const claim: SelectorDefinition<ClaimSelector> = {
  problem: ({ provider, name }) =>
    provider === "" || name === "" ? "must name a provider and one of its claims" : undefined,
  matcher: ({ provider, name, equals }) => ({
    time: "who",
    match: (caller) =>
      fitOf(
        caller.provider === provider &&
          Object.hasOwn(caller.claims, name) &&
          isAmong(caller.claims[name], equals),
      ),
  }),
  words: ({ provider, name, equals }) => `${provider} says of them that ${name} is ${equals}`,
};

function isAmong(value: ClaimValue | undefined, wanted: string): boolean {
  if (Array.isArray(value)) return value.includes(wanted);
  return value !== undefined && String(value) === wanted;
}
