/** Selectors of what somebody is: anybody, the public, a person's address, a group, a program, a client. */
import { isId } from "@castellan/kernel";
import type { Caller } from "../facts/facts.ts";
import type { SelectorDefinition } from "./definition.ts";
import { fitOf } from "./fit.ts";

export const everyone: SelectorDefinition<true> = {
  problem: () => undefined,
  matcher: () => ({ time: "who", match: () => "yes" }),
  words: () => "it is anybody",
};

export const publicCaller: SelectorDefinition<true> = {
  problem: () => undefined,
  matcher: () => who((caller) => caller.kind === "public"),
  words: () => "they come without a token",
};

export const email: SelectorDefinition<string> = {
  problem: (value) =>
    isLower(value) && /^[^@\s]+@[^@\s]+$/.test(value) ? undefined : "must be an e-mail address in lower case",
  matcher: (value) => who((caller) => caller.email === value),
  words: (value) => `the e-mail address is ${value}`,
};

export const emailDomain: SelectorDefinition<string> = {
  problem: (value) =>
    isLower(value) && domain.test(value)
      ? undefined
      : "must be what follows the @ of an address, in lower case: one whole name, without `*`",
  matcher: (value) => who((caller) => caller.email?.slice(caller.email.lastIndexOf("@") + 1) === value),
  words: (value) => `the e-mail address ends in @${value}`,
};

/** Names between dots, of whatever alphabet. */
const domain = /^[\p{L}\p{M}\p{N}_-]+(\.[\p{L}\p{M}\p{N}_-]+)*$/u;

export const group: SelectorDefinition<string> = {
  problem: (value) => (value === "" ? "must name a group" : undefined),
  matcher: (value) => who((caller) => caller.groups.includes(value)),
  words: (value) => `they are in the group ${value}`,
};

export const serviceToken: SelectorDefinition<string> = {
  problem: (value) =>
    value === "any" || isId("token", value) ? undefined : "must be the id of a service token, or `any`",
  matcher: (value) => who((caller) => caller.kind === "service" && (value === "any" || caller.id === value)),
  words: (value) => (value === "any" ? "it is a service token" : `it is the service token ${value}`),
};

export const client: SelectorDefinition<string> = {
  problem: (value) => (value === "" ? "must be the id of a client" : undefined),
  matcher: (value) => who((caller) => caller.clientId === value),
  words: (value) => `the client is ${value}`,
};

function who(isFitting: (caller: Caller) => boolean): {
  time: "who";
  match: (caller: Caller) => "yes" | "no" | "unknown";
} {
  return { time: "who", match: (caller) => fitOf(isFitting(caller)) };
}

function isLower(value: string): boolean {
  return value === value.toLowerCase();
}
