/** The security schemes of a document, as far as a request is built by them (OpenAPI 3.1.1 §4.8.27). */
import type { ApiKey, Source } from "./api-document.ts";
import { member, membersOf, textMember } from "./members.ts";
import { dereference } from "./pointer.ts";
import { Unusable } from "./unusable.ts";

export interface CredentialPlaces {
  /** What a header that an admin gave is put into. */
  readonly apiKeys: readonly ApiKey[];
  /** Headers that are keys, names in lower case. */
  readonly keyHeaders: readonly string[];
  /** Whether a parameter is a credential: nobody who calls an operation has to do with it. */
  isCredential(place: string, name: string): boolean;
}

export function readCredentialPlaces({ root }: Source): CredentialPlaces {
  const places = new Set<string>();
  const apiKeys: ApiKey[] = [];
  const keyHeaders: string[] = [];
  for (const [, given] of membersOf(member(member(root, "components"), "securitySchemes"))) {
    const scheme = resolved(root, given);
    const [name, place] = [textMember(scheme, "name"), textMember(scheme, "in")];
    if (textMember(scheme, "type") !== "apiKey" || name === undefined || place === undefined) continue;
    places.add(key(place, name));
    if (place === "query" || place === "cookie") apiKeys.push({ in: place, name });
    if (place === "header") keyHeaders.push(name.toLowerCase());
  }
  // A header that the API takes as a header stays one; so does what people's accounts are called with, whatever a document says.
  const moved = apiKeys.filter(
    ({ name }) => !places.has(key("header", name)) && !accounts.has(name.toLowerCase()),
  );
  return { apiKeys: moved, keyHeaders, isCredential: (place, name) => places.has(key(place, name)) };
}

const accounts: ReadonlySet<string> = new Set(["authorization", "proxy-authorization", "cookie"]);

/** Names of headers are the same in any case (RFC 9110 §5.1). */
function key(place: string, name: string): string {
  return JSON.stringify([place, place === "header" ? name.toLowerCase() : name]);
}

function resolved(root: unknown, given: unknown): unknown {
  try {
    return dereference(root, given);
  } catch (error) {
    if (error instanceof Unusable) return undefined;
    throw error;
  }
}
