/** Calls of the HTTP API, as whoever holds a token. */
export type Api = <Answer = Record<string, unknown>>(
  method: string,
  path: string,
  body?: object,
) => Promise<Answer>;

/** At this address; throws when the answer is no success, with its status and text. */
export function apiAt(url: string, token: string, send: typeof fetch = fetch): Api {
  return async <Answer>(method: string, path: string, body?: object): Promise<Answer> => {
    const response = await send(`${url}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return (text === "" ? {} : JSON.parse(text)) as Answer;
  };
}
