/** What a kind of selector is: how its values are checked, made ready, and put into words. */
import type { Caller, Connection, Use } from "../facts/facts.ts";
import type { Fit } from "./fit.ts";

/** Looks at who calls. */
export type WhoMatch = (caller: Caller) => Fit;
/** Looks at how the request reached us, and at who calls. */
export type WhereMatch = (connection: Connection, caller: Caller) => Fit;
/** Looks at all of it. */
export type WhatMatch = (moment: Moment) => Fit;

/** What is known when a call is decided on, or when somebody comes to a portal. */
export interface Moment {
  readonly caller: Caller;
  readonly connection: Connection;
  readonly portal: string;
  readonly nowMs: number;
  /** Absent: they come to the portal, and no call is in question yet. */
  readonly use: Use | undefined;
}

/** A selector made ready. */
export type Matcher =
  | { readonly time: "who"; readonly match: WhoMatch }
  | { readonly time: "where"; readonly match: WhereMatch }
  | {
      readonly time: "what";
      readonly match: WhatMatch;
      /** It cannot be told before there is a call. */
      readonly needsCall: boolean;
    };

export interface SelectorDefinition<Value> {
  /** What is wrong with a value of the right type, as a sentence; undefined: nothing. */
  problem(value: Value): string | undefined;
  /** Throws an `Error` if nothing can be made of the value. */
  matcher(value: Value): Matcher;
  /** What it looks for: `the e-mail address is ann@example.com`. */
  words(value: Value): string;
}
