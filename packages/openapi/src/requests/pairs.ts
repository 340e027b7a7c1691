/** Names and values as a query, a form or a cookie has them (OpenAPI 3.1.1 §4.8.12.4; RFC 6570 §3.2.8). */
import { encode } from "./encode.ts";
import { isGivenObject, isList, textOf, type Given } from "./given.ts";
import { requestInvalid } from "./invalid.ts";
import type { ParameterStyle } from "../operations/operation.ts";

export interface NamedPair {
  /** As it is meant. */
  readonly name: string;
  /** As it is sent: encoded. */
  readonly text: string;
}

export interface PairStyle {
  readonly style: ParameterStyle;
  readonly explode: boolean;
  /** How values are encoded. */
  readonly encode: (text: string) => string;
}

const maxPairs = 2_000;

/** An empty list or object is not there. Throws `api_request_invalid` for more than a request may have. */
export function toPairs(name: string, given: Given, style: PairStyle): readonly NamedPair[] {
  const pairs = style.style === "deepObject" ? nested(name, given, style) : flat(name, given, style);
  if (pairs.length > maxPairs) throw requestInvalid(name, `has more than ${maxPairs} values`);
  return pairs;
}

export function joinPairs(pairs: readonly NamedPair[]): string {
  return pairs.map(({ name, text }) => `${encode(name)}=${text}`).join("&");
}

const delimiters: Partial<Record<ParameterStyle, string>> = { spaceDelimited: "%20", pipeDelimited: "%7C" };

function flat(
  name: string,
  given: Given,
  { style, explode, encode: write }: PairStyle,
): readonly NamedPair[] {
  const text = (value: Given) => write(textOf(value));
  if (isGivenObject(given)) {
    const entries = Object.entries(given);
    if (explode) return entries.map(([key, value]) => ({ name: key, text: text(value) }));
    return joined(
      name,
      entries.flatMap(([key, value]) => [write(key), text(value)]),
      style,
    );
  }
  if (!isList(given)) return [{ name, text: text(given) }];
  return explode ? given.map((value) => ({ name, text: text(value) })) : joined(name, given.map(text), style);
}

function joined(name: string, texts: readonly string[], style: ParameterStyle): readonly NamedPair[] {
  return texts.length === 0 ? [] : [{ name, text: texts.join(delimiters[style] ?? ",") }];
}

/** `a[b][0]=c`: the specification stops at one level, and the APIs that are written so do not. */
function nested(name: string, given: Given, style: PairStyle): readonly NamedPair[] {
  const entries = isList(given) ? given.map((value, index) => [index, value] as const) : undefined;
  const inner = entries ?? (isGivenObject(given) ? Object.entries(given) : undefined);
  if (!inner) return [{ name, text: style.encode(textOf(given)) }];
  return inner.flatMap(([key, value]) => nested(`${name}[${key}]`, value, style));
}
