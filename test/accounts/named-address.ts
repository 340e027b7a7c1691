/** What DNS and a proxy with TLS do for an installation: requests of this process to its public address come to its socket. */
import { request } from "undici";

export function nameAddress(publicUrl: string, socketUrl: string): Disposable {
  const before = globalThis.fetch;
  const { origin, host } = new URL(publicUrl);
  globalThis.fetch = (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    if (url.origin !== origin) return before(input, init);
    const there = new URL(url.pathname + url.search, socketUrl);
    return send(input instanceof Request ? new Request(there, input) : new Request(there, init), host);
  };
  return {
    [Symbol.dispose]: () => {
      globalThis.fetch = before;
    },
  };
}

/** Redirects are not followed: they lead to the public address, and whoever asked does that. */
async function send(asked: Request, host: string): Promise<Response> {
  const body = await asked.text();
  const answer = await request(asked.url, {
    method: asked.method as "GET",
    headers: { ...Object.fromEntries(asked.headers), host },
    ...(body !== "" && { body }),
  });
  const headers = new Headers();
  for (const [name, values] of Object.entries(answer.headers))
    for (const value of [values ?? []].flat()) headers.append(name, value);
  return new Response(await answer.body.text(), { status: answer.statusCode, headers });
}
