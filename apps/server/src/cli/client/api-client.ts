/** The server's API as the command line uses it: JSON in and out, and its problems as faults. */
import { Fault } from "@castellan/kernel";
import { cliFaults } from "../faults.ts";

export interface ApiClient {
  /** The server's URL, without a slash at its end. */
  readonly url: string;
  get<Answer>(path: string, query?: Query): Promise<Answer>;
  post<Answer>(path: string, body?: unknown): Promise<Answer>;
  put<Answer>(path: string): Promise<Answer>;
  patch<Answer>(path: string, body: unknown): Promise<Answer>;
  delete(path: string): Promise<void>;
}

export type Query = Readonly<Record<string, string | undefined>>;

/** Reading a large server's lists, or verifying a long record, takes its time. */
const timeoutMs = 10 * 60_000;

/**
 * Its functions throw what the server answers under the server's own codes, and `server_unreachable`,
 * `server_answer_invalid`.
 */
export function createApiClient({ url, token }: { url: string; token: string }): ApiClient {
  async function send<Answer>(
    method: string,
    path: string,
    query: Query = {},
    body?: unknown,
  ): Promise<Answer> {
    const target = new URL(`${url}/api/v1${path}`);
    for (const [name, value] of Object.entries(query))
      if (value !== undefined) target.searchParams.set(name, value);
    const answer = await request(target, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body !== undefined && { "content-type": "application/json" }),
      },
      body: body === undefined ? null : JSON.stringify(body),
    });
    return (await readAnswer(answer, url)) as Answer;
  }
  return {
    url,
    get: (path, query) => send("GET", path, query),
    post: (path, body) => send("POST", path, {}, body),
    put: (path) => send("PUT", path),
    patch: (path, body) => send("PATCH", path, {}, body),
    delete: (path) => send("DELETE", path),
  };
}

/** One request that is not redirected: the token is for this URL. Fault: `server_unreachable`. */
export async function request(url: URL, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, { signal: AbortSignal.timeout(timeoutMs), ...init, redirect: "manual" });
  } catch (cause) {
    throw cliFaults.fault("server_unreachable", `No answer from ${url.origin}: ${reasonOf(cause)}`, {
      cause,
    });
  }
}

function reasonOf(error: unknown): string {
  const { cause = error, name } = error as { cause?: { code?: string; message?: string }; name?: string };
  if (name === "TimeoutError") return "it took too long";
  const { code, message } = cause as { code?: string; message?: string };
  const known: Readonly<Record<string, string>> = {
    ECONNREFUSED: "nothing listens there",
    ENOTFOUND: "there is no such host",
    ECONNRESET: "the connection was closed",
  };
  return known[code ?? ""] ?? code ?? message ?? "unknown reason";
}

async function readAnswer(answer: Response, url: string): Promise<unknown> {
  if (answer.status === 204) return undefined;
  const text = await answer.text();
  const value = parse(text);
  if (answer.ok && value !== undefined) return value;
  throw toFault(value) ?? notCastellan(answer, url);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A problem document (RFC 9457) as the fault that it was. */
function toFault(value: unknown): Fault | undefined {
  const problem = (value ?? {}) as Readonly<Record<string, unknown>>;
  const { code, detail, status, field } = problem;
  if (typeof code !== "string" || typeof detail !== "string" || typeof status !== "number") return undefined;
  const owner = status < 500 ? "caller" : status === 502 || status === 504 ? "upstream" : "system";
  return new Fault(code, { owner, status, help: "" }, detail, {
    data: problem,
    ...(typeof field === "string" && { field }),
  });
}

function notCastellan({ status, headers }: Response, url: string): Fault {
  const location =
    status >= 300 && status < 400 ? `, a redirect to ${headers.get("location") ?? "nowhere"}` : "";
  return cliFaults.fault(
    "server_answer_invalid",
    `What answers at ${url} does not do so as Castellan (HTTP ${status}${location})`,
  );
}
