import type { Hono } from "hono";

export interface ClientAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed JSON, or undefined when there was no body. */
  readonly body: unknown;
}

/** Sends requests to the API as one caller, past any socket. */
export function createClient(app: Hono, token: string | undefined) {
  return async (method: string, path: string, body?: unknown): Promise<ClientAnswer> => {
    const answer = await app.request(`http://localhost/api/v1${path}`, {
      method,
      headers: {
        host: "localhost",
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && { "content-type": "application/json" }),
      },
      // A string goes out as it is, to send what is not JSON.
      ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await answer.text();
    return {
      status: answer.status,
      headers: answer.headers,
      body: text === "" ? undefined : JSON.parse(text),
    };
  };
}

export type Client = ReturnType<typeof createClient>;
