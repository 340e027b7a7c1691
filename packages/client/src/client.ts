/**
 * The API as functions: one per operation, under its `operationId`. What goes in and out is typed by the API's own
 * document (`operations.ts`); nothing is checked here that the server checks anyway.
 */
import { operations, type Operations } from "./operations.ts";
import { ApiProblem, isProblem, UnexpectedAnswer } from "./problem.ts";

export interface ClientOptions {
  /** Where Castellan is: `https://mcp.example.com`, with or without a slash at its end. */
  readonly url: string;
  /** A function is asked before each request: for tokens that run out. */
  readonly token: string | (() => Promise<string>);
  /** Default: the global one. */
  readonly fetch?: (url: URL, init: RequestInit) => Promise<Response>;
}

/** What an operation takes: `params`, `query`, `body`, `ifMatch`, `idempotencyKey`, as far as it has them. */
export type RequestOf<Id extends keyof Operations> = Omit<Operations[Id], "answer"> & {
  readonly signal?: AbortSignal | undefined;
};

/**
 * Each function resolves to the answer's body. It throws `ApiProblem` for a refusal, `UnexpectedAnswer` where
 * something else answers, and what `fetch` throws when there is no answer.
 */
export type Client = {
  readonly [Id in keyof Operations]: object extends RequestOf<Id>
    ? (request?: RequestOf<Id>) => Promise<Operations[Id]["answer"]>
    : (request: RequestOf<Id>) => Promise<Operations[Id]["answer"]>;
};

export function createClient(options: ClientOptions): Client {
  const entries = Object.entries(operations).map(([id, operation]) => [
    id,
    (request: AnyRequest = {}) => send(operation, request, options),
  ]);
  return Object.fromEntries(entries) as Client;
}

interface AnyOperation {
  readonly method: string;
  /** Below `/api/v1`, parameters in braces. */
  readonly path: string;
}

interface AnyRequest {
  readonly params?: Readonly<Record<string, unknown>>;
  readonly query?: Readonly<Record<string, unknown>> | undefined;
  readonly body?: unknown;
  readonly ifMatch?: number | undefined;
  readonly idempotencyKey?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

async function send(operation: AnyOperation, request: AnyRequest, options: ClientOptions): Promise<unknown> {
  const { body, ifMatch, idempotencyKey, signal } = request;
  const { fetch = globalThis.fetch } = options;
  const token = typeof options.token === "string" ? options.token : await options.token();
  const answer = await fetch(toUrl(operation, request, options), {
    method: operation.method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body !== undefined && { "content-type": "application/json" }),
      ...(ifMatch !== undefined && { "if-match": `"${ifMatch}"` }),
      ...(idempotencyKey !== undefined && { "idempotency-key": `"${idempotencyKey}"` }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    ...(signal !== undefined && { signal }),
    // The token is for this URL.
    redirect: "manual",
  });
  return readAnswer(answer);
}

function toUrl({ path }: AnyOperation, { params = {}, query = {} }: AnyRequest, { url }: ClientOptions): URL {
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => toSegment(name, String(params[name])));
  const target = new URL(`${url.replace(/\/$/, "")}/api/v1${filled}`);
  for (const [name, value] of Object.entries(query))
    if (value !== undefined) target.searchParams.set(name, String(value));
  return target;
}

/** A URL folds `.` and `..`, however they are escaped: the request would be another one (RFC 3986 §5.2.4). */
function toSegment(name: string, value: string): string {
  if (value === "" || value === "." || value === "..") throw new TypeError(`${name} cannot be "${value}"`);
  return encodeURIComponent(value);
}

async function readAnswer(answer: Response): Promise<unknown> {
  if (answer.status === 204) return undefined;
  const value = parse(await answer.text());
  if (answer.ok && value !== undefined) return value;
  if (!answer.ok && isProblem(value)) throw new ApiProblem(value, answer.headers.get("retry-after"));
  throw new UnexpectedAnswer(answer.status, answer.headers.get("location"));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
