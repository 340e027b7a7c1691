/**
 * The hosts that a server's pages may reach (MCP Apps, extension `io.modelcontextprotocol/ui`).
 *
 * A page runs in the client's sandbox under a content security policy that its server asks for: in
 * `_meta.ui.csp` of the resource's definition and of what is read. Only hosts that an admin allowed
 * this server are left in it, so that a page cannot carry what it is shown to anywhere else.
 */
import {
  arrayElements,
  edit,
  objectMembers,
  pathTree,
  spansIn,
  type Edit,
  type Path,
  type Span,
} from "@castellan/mcp";

/** `example.com`, `example.com:8443`, `*.example.com`, taken apart. */
interface HostPattern {
  /** In lower case, without `*.`. */
  readonly host: string;
  /** Stands for every host below it, not for the host itself. */
  readonly isWildcard: boolean;
  /** `*`: any; undefined: none is named. */
  readonly port: string | undefined;
}

const label = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";
const hostShape = new RegExp(
  String.raw`^(?<wildcard>\*\.)?(?<host>${label}(?:\.${label})*)(?::(?<port>\d{1,5}|\*))?$`,
  "i",
);
const maxHostLength = 253;

/** In words, for who gives a pattern that is none. */
export const uiHostRule = "a host, host:port, or *.example.com for all hosts below it";

/**
 * A host pattern of a registration in its one spelling (lower case): a host allows all its ports,
 * `*.` stands before two labels at least. Undefined when it is none.
 */
export function parseUiHost(text: string): string | undefined {
  const pattern = parsePattern(text);
  if (!pattern || pattern.port === "*" || (pattern.isWildcard && !pattern.host.includes(".")))
    return undefined;
  return text.toLowerCase();
}

/**
 * The text of a resource's definition, or of a result that holds resources, with the hosts in its
 * pages' policies limited to `allowed` (patterns as `parseUiHost` spells them). Everything else stays
 * to the letter. The text is one that `JSON.parse` has accepted.
 */
export function limitUiHosts(text: string, allowed: readonly string[]): string {
  if (!mayHoldPolicy(text)) return text;
  const patterns = allowed.map(parsePattern).filter((pattern) => pattern !== undefined);
  const edits = spansIn(text, places).flatMap((span) => limitPolicy(text, span, patterns));
  return edits.length === 0 ? text : edit(text, edits);
}

/** Whether a source (`https://example.com`) names only hosts that fit `allowed`. */
export function hostFilter(allowed: readonly string[]): (source: unknown) => boolean {
  const patterns = allowed.map(parsePattern).filter((pattern) => pattern !== undefined);
  return (source) => isAllowed(source, patterns);
}

/** Where a policy stands in a `_meta`; the second is what one client reads beside the extension's own. */
const policies: readonly Path[] = [["ui", "csp"], ["openai/widgetCSP"]];

/** Where a `_meta` of a resource stands in a result: of what was read, of a link, of what is embedded. */
const inResult: readonly Path[] = [
  ["_meta"],
  ["contents", "*", "_meta"],
  ["content", "*", "_meta"],
  ["content", "*", "resource", "_meta"],
  ["messages", "*", "content", "_meta"],
  ["messages", "*", "content", "resource", "_meta"],
];

/** A task holds the result that it came to; a definition holds a `_meta` as a result does. */
const metas: readonly Path[] = [...inResult, ...inResult.map((meta) => ["result", ...meta])];

const places = pathTree(metas.flatMap((meta) => policies.map((policy) => [...meta, ...policy])));

/** Most texts hold none, and can be large. A key may be written with escapes. */
function mayHoldPolicy(text: string): boolean {
  return text.includes("csp") || text.includes("CSP") || text.includes("\\u");
}

/** `connectDomains`, `resourceDomains`, `frameDomains`, `baseUriDomains`, and any list that is yet to come. */
function limitPolicy(text: string, policy: Span, allowed: readonly HostPattern[]): Edit[] {
  if (opens(text, policy) !== "{") return isNull(text, policy) ? [] : [{ span: policy, text: "{}" }];
  return [...objectMembers(text, policy.start)].flatMap(([name, list]) => {
    if (opens(text, list) === "[") return limitList(text, list, allowed);
    // Something else in the place of a list could be read as one.
    return listNames.test(name) && !isNull(text, list) ? [{ span: list, text: "[]" }] : [];
  });
}

const listNames = /domains$/i;

function limitList(text: string, list: Span, allowed: readonly HostPattern[]): Edit[] {
  const entries = arrayElements(text, list.start).map(({ start, end }) => text.slice(start, end));
  const kept = entries.filter((entry) => isAllowed(JSON.parse(entry), allowed));
  return kept.length === entries.length ? [] : [{ span: list, text: `[${kept.join(",")}]` }];
}

/** A source of a content security policy that names a host (CSP level 3, `host-source`), without a path. */
const sourceShape = /^(?:(?<scheme>https?|wss?):\/\/)?(?<rest>[^/]+)\/?$/i;
const defaultPorts: Readonly<Record<string, string>> = { http: "80", ws: "80", https: "443", wss: "443" };

/** Whether an entry names only hosts that are allowed. What is no host (`*`, `data:`, `'self'`) never is. */
function isAllowed(entry: unknown, allowed: readonly HostPattern[]): boolean {
  const { scheme, rest = "" } = (typeof entry === "string" && sourceShape.exec(entry)?.groups) || {};
  const source = parsePattern(rest);
  if (!source) return false;
  const port = source.port ?? defaultPorts[scheme?.toLowerCase() ?? ""];
  return allowed.some(
    (pattern) => covers(pattern, source) && (pattern.port === undefined || pattern.port === port),
  );
}

/** Whether every host that the source stands for is one that the pattern stands for. */
function covers(pattern: HostPattern, source: HostPattern): boolean {
  if (!pattern.isWildcard) return !source.isWildcard && source.host === pattern.host;
  return source.host.endsWith(`.${pattern.host}`) || (source.isWildcard && source.host === pattern.host);
}

function parsePattern(text: string): HostPattern | undefined {
  const { wildcard, host, port } = hostShape.exec(text)?.groups ?? {};
  if (host === undefined || host.length > maxHostLength || Number(port) > 65_535 || Number(port) === 0)
    return undefined;
  return { host: host.toLowerCase(), isWildcard: wildcard !== undefined, port };
}

function opens(text: string, { start }: Span): string | undefined {
  return text[start];
}

function isNull(text: string, { start }: Span): boolean {
  return text.startsWith("null", start);
}
