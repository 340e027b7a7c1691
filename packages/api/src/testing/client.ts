import type { Hono } from "hono";
import { assertDocumented } from "./conformity.ts";

export interface ClientAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed JSON, or undefined when there was no body. */
  readonly body: unknown;
}

/** Sends requests to the API as one caller, past any socket. Throws when an answer is not as the API's document says. */
export function createClient(app: Hono, token: string | undefined) {
  return async (
    method: string,
    path: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<ClientAnswer> => {
    const answer = await app.request(`http://localhost/api/v1${path}`, {
      method,
      headers: {
        host: "localhost",
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && { "content-type": "application/json" }),
        ...headers,
      },
      // A string goes out as it is, to send what is not JSON.
      ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await answer.text();
    const { status, headers: told } = answer;
    const heard = { status, headers: told, body: text === "" ? undefined : (JSON.parse(text) as unknown) };
    assertDocumented(method, path, heard);
    return heard;
  };
}

export type Client = ReturnType<typeof createClient>;
