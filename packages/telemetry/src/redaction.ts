/**
 * Keeps secrets out of whatever is written down. Two nets, since each has holes: a field whose name
 * says that it holds a secret is replaced at any depth, and text that looks like a credential is
 * masked wherever it stands. What remains is plain data that JSON can hold, bounded in size.
 */
import { toErrorRecord } from "./error-record.ts";

export const masked = "[redacted]";

const maxDepth = 8;
const maxEntries = 100;
const maxValues = 1000;
const maxTextLength = 8192;

const secretName =
  /token|secret|passw|passphrase|authorization|cookie|apikey|credential|privatekey|masterkey|signature|assertion/;

/** What a secret is called by, or how many there are, is no secret. */
const harmlessName =
  /(?:id|ids|name|names|count|kind|type|ttl|seconds|ms|bytes|ref|url|uri|endpoint|expiresat)$/;

/** Whether a field of this name holds a secret, in any spelling: `access_token`, `apiKey`, `Set-Cookie`. */
export function isSecretName(name: string): boolean {
  const plain = name.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
  return secretName.test(plain) && !harmlessName.test(plain);
}

/**
 * What a credential looks like in running text. Each pattern starts only where a word starts, or is
 * bounded, so that a hostile text costs time in proportion to its length.
 */
const credentials: readonly (readonly [RegExp, string])[] = [
  // Whole header lines, RFC 9110 §11.6.2 and RFC 6265 §4.
  [/\b((?:set-)?cookie|(?:proxy-)?authorization)(["']?\s{0,4}:\s{0,4}["']?)[^"'\r\n]+/gi, `$1$2${masked}`],
  // Authentication schemes, RFC 6750 §2.1, RFC 7617 §2, RFC 9449 §7.1; "basic authentication" is English.
  [
    /\b([Bb]earer|BEARER|[Bb]asic|BASIC|D[Pp]o[Pp])(\s{1,4}|%20|\+)(?![a-z]{1,19}(?:[.,;:!?]?(?:\s|$)|[^\w.~+/=-]))[\w.~+/=-]{8,}/g,
    `$1$2${masked}`,
  ],
  // A JSON Web Token, RFC 7519 §3.
  [/(?<![\w-])eyJ[\w-]{5,}\.[\w-]{5,}(?:\.[\w-]*){0,3}/g, masked],
  // User information in a URL, RFC 3986 §3.2.1.
  [/\b([a-z][a-z0-9+.-]{1,30}:\/\/)[^\s/?#@"'<>]{1,512}@/gi, `$1${masked}@`],
  // name=value and "name": "value" in query strings, forms and JSON.
  [
    /((?:token|secret|password|passwd|api[_-]?key|assertion|signature|code_verifier)["']?\s{0,4}(?:=|:\s|:(?=["']))\s{0,4}["']?)(?!\[redacted\])[^\s"'&,;]{4,}/gi,
    `$1${masked}`,
  ],
  // Tokens that carry their maker's prefix, ours among them.
  [/(?<![\w-])(?:cst_|gh[pousr]_|github_pat_|xox[abeprs]-|glpat-|sk-|AKIA)[\w-]{12,}/g, masked],
];

/** Text with everything that looks like a credential masked, cut at 8,192 characters. */
export function redactText(text: string): string {
  let clean =
    text.length > maxTextLength ? `${text.slice(0, maxTextLength)}… (${text.length} characters)` : text;
  for (const [pattern, replacement] of credentials) clean = clean.replace(pattern, replacement);
  return clean;
}

/** A copy of `fields` that is safe to write down. It never throws, whatever the values do. */
export function redactFields(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return redactObject(fields, { path: [], budget: { values: maxValues } });
}

/** Where in the data we are, and how much more of it may be looked at: objects can share their parts. */
interface Walk {
  readonly path: readonly object[];
  readonly budget: { values: number };
}

function redactValue(value: unknown, walk: Walk): unknown {
  if (--walk.budget.values < 0) return "[more]";
  switch (typeof value) {
    case "string":
      return redactText(value);
    case "number":
      return Number.isFinite(value) ? value : String(value);
    case "boolean":
    case "undefined":
      return value;
    case "bigint":
      return value.toString();
    case "object":
      break;
    default:
      return `[${typeof value}]`;
  }
  if (value === null) return null;
  if (walk.path.includes(value)) return "[circular]";
  if (walk.path.length >= maxDepth) return "[deep]";
  try {
    return redactReference(value, { ...walk, path: [...walk.path, value] });
  } catch {
    return "[unreadable]";
  }
}

function redactReference(value: object, walk: Walk): unknown {
  if (value instanceof Error) return redactObject(toErrorRecord(value), walk);
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (value instanceof Map) return redactObject(Object.fromEntries(value), walk);
  if (Array.isArray(value)) return redactList(value, walk);
  if (value instanceof Set) return redactList([...value], walk);
  if ("toJSON" in value && typeof value.toJSON === "function") return redactValue(value.toJSON(), walk);
  return redactObject(value, walk);
}

function redactList(items: readonly unknown[], walk: Walk): unknown[] {
  const shown = items.slice(0, maxEntries).map((item) => redactValue(item, walk));
  return items.length > maxEntries ? [...shown, `… (${items.length} items)`] : shown;
}

function redactObject(value: object, walk: Walk): Record<string, unknown> {
  const names = Object.keys(value);
  const entries = names.slice(0, maxEntries).map((name): [string, unknown] => {
    try {
      return [name, redactField(name, (value as Record<string, unknown>)[name], walk)];
    } catch {
      return [name, "[unreadable]"];
    }
  });
  if (names.length > maxEntries) entries.push(["…", `${names.length} fields`]);
  return Object.fromEntries(entries);
}

function redactField(name: string, value: unknown, walk: Walk): unknown {
  if (value === undefined || value === null || typeof value === "boolean") return value;
  // `input_tokens: 1200` counts tokens; `pin_token: 1200` is one.
  const isCount = typeof value === "number" && /tokens$/i.test(name);
  return isSecretName(name) && !isCount ? masked : redactValue(value, walk);
}
