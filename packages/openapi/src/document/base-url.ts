/** Where the operations of a document are (OpenAPI 3.1.1 §4.8.5, Server Object). */
import { elementsOf, member, membersOf, textMember } from "./members.ts";
import { Unusable } from "./unusable.ts";

/** The first server that is an address of http or https; a relative one counts from where the document came from. */
export function firstServer(servers: unknown, relativeTo: URL | undefined): URL | undefined {
  const listed = elementsOf(servers);
  const texts = listed.length === 0 ? ["/"] : listed.map(serverText);
  return texts.map((text) => toUrl(text, relativeTo)).find((url) => url !== undefined);
}

/** Where an API is, as it was registered, and where its document says that it is: whoever runs one of their own says another address. */
export interface Whereabouts {
  readonly baseUrl: URL | undefined;
  readonly declaredUrl: URL | undefined;
}

/**
 * The path below which an operation is, if it has servers of its own: one of them has to be where the API is, since nothing else is
 * ever asked. What the document has at its own address is at the registered one. Throws `Unusable`.
 */
export function ownBasePath(servers: unknown, { baseUrl, declaredUrl }: Whereabouts): string | undefined {
  const listed = elementsOf(servers);
  if (listed.length === 0 || !baseUrl) return undefined;
  const urls = listed.map((server) => toUrl(serverText(server), baseUrl));
  const asRegistered = urls.find((url) => url?.origin === baseUrl.origin);
  // Documents are careless of the scheme (`//host` here, `https://host` there), and the one that is used is the registered one.
  const asDeclared = urls.find((url) => url !== undefined && url.host === declaredUrl?.host);
  for (const [own, known] of [
    [asRegistered, baseUrl],
    [asDeclared, declaredUrl],
  ] as const)
    if (own && known) return pathOf(own) === pathOf(known) ? undefined : own.pathname;
  throw new Unusable(`is at another server (${urls[0]?.origin ?? "whose address cannot be read"})`);
}

function pathOf({ pathname }: URL): string {
  return pathname.replace(/\/+$/, "");
}

function toUrl(text: string | undefined, relativeTo: URL | undefined): URL | undefined {
  const url = text === undefined ? null : URL.parse(text, relativeTo?.href);
  if (!url || !/^https?:$/.test(url.protocol)) return undefined;
  [url.username, url.password, url.search, url.hash] = ["", "", "", ""];
  return url;
}

const maxUrlChars = 2048;

/** Variables have defaults (§4.8.6). Undefined for what is no address with them. */
function serverText(server: unknown): string | undefined {
  let text = textMember(server, "url") ?? "{}";
  for (const [name, variable] of membersOf(member(server, "variables"))) {
    const value = member(variable, "default");
    if (text.length > maxUrlChars || (typeof value === "string" && value.length > maxUrlChars))
      return undefined;
    if (typeof value === "string" || typeof value === "number")
      text = text.replaceAll(`{${name}}`, () => String(value));
  }
  return text.length > maxUrlChars || /[{}]/.test(text) ? undefined : text;
}
