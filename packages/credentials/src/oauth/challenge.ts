/**
 * What a refusal says that it wants: `WWW-Authenticate` (RFC 9110 §11.6.1), written by the other side. Read as far as it
 * makes sense and no further: never throws, and takes time linear in its length.
 */
import { parseScopes } from "./scopes.ts";

export interface Challenge {
  /** In lower case. */
  readonly scheme: string;
  /** Names in lower case; of a name that comes twice the first counts. */
  readonly parameters: ReadonlyMap<string, string>;
}

/** RFC 6750 §3, with `resource_metadata` of RFC 9728 §5.1. */
export interface BearerChallenge {
  readonly error: string | undefined;
  readonly scopes: readonly string[] | undefined;
  /** As it stands there: not checked, may be relative. */
  readonly resourceMetadata: string | undefined;
}

const maxLength = 8192;
const maxChallenges = 16;
const maxParameters = 32;

const token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const separators = /[\s,]*/y;
const scheme = new RegExp(`(${token})(?=[\\s,]|$)[ \\t]*`, "y");
const token68 = /[A-Za-z0-9\-._~+/]+=*(?=\s*(?:,|$))/y;
/** Values with characters that only a quoted one may have occur; where such a value ends is plain all the same. */
const parameter = new RegExp(
  `(${token})[ \\t]*=[ \\t]*(?:"((?:[^"\\\\]|\\\\[^])*)"|([^\\s,"]+))(?=[\\s,]|$)`,
  "y",
);

export function parseChallenges(header: string): readonly Challenge[] {
  const text = header.slice(0, maxLength);
  const challenges: Challenge[] = [];
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found !== null) at = pattern.lastIndex;
    return found;
  };
  while (challenges.length < maxChallenges) {
    take(separators);
    const [, name] = take(scheme) ?? [];
    if (name === undefined) break;
    const parameters = new Map<string, string>();
    if (take(token68) === null) {
      for (let read = 0; read < maxParameters; read += 1) {
        take(separators);
        const [, key, quoted, plain] = take(parameter) ?? [];
        if (key === undefined) break;
        const value = quoted === undefined ? (plain ?? "") : quoted.replaceAll(/\\([^])/g, "$1");
        if (!parameters.has(key.toLowerCase())) parameters.set(key.toLowerCase(), value);
      }
    }
    challenges.push({ scheme: name.toLowerCase(), parameters });
  }
  return challenges;
}

/** The first challenge for a bearer token; undefined: there is none. */
export function readBearerChallenge(header: string | undefined): BearerChallenge | undefined {
  if (header === undefined) return undefined;
  const found = parseChallenges(header).find((challenge) => challenge.scheme === "bearer");
  if (found === undefined) return undefined;
  const scope = found.parameters.get("scope");
  return {
    error: found.parameters.get("error"),
    scopes: scope === undefined ? undefined : parseScopes(scope),
    resourceMetadata: found.parameters.get("resource_metadata"),
  };
}
