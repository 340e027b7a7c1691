/**
 * Stands between the suite, which knows no authorization, and a portal: adds the token and changes nothing else,
 * so that the portal judges `Host` and `Origin` as the suite sent them. Only a name that is the relay's own becomes
 * the portal's.
 */
import { once } from "node:events";
import { createServer, request as send, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Relay extends AsyncDisposable {
  readonly url: string;
}

/** @param target the portal's URL; `authorization` the header's whole value */
export async function startRelay(target: string, authorization: string): Promise<Relay> {
  const portal = new URL(target);
  const http = createServer(forward);
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const own = `127.0.0.1:${(http.address() as AddressInfo).port}`;

  function forward(incoming: IncomingMessage, response: ServerResponse): void {
    const { host, origin } = incoming.headers;
    const outgoing = send({
      host: portal.hostname,
      port: portal.port,
      path: portal.pathname,
      method: incoming.method,
      headers: {
        ...incoming.headers,
        host: host === own ? portal.host : host,
        ...(origin !== undefined && { origin: origin === `http://${own}` ? portal.origin : origin }),
        authorization,
      },
    });
    outgoing.once("response", (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      response.flushHeaders();
      answer.pipe(response);
      answer.once("error", () => response.destroy());
    });
    outgoing.once("error", () => response.destroy());
    response.once("close", () => outgoing.destroy());
    incoming.pipe(outgoing);
  }

  return {
    url: `http://${own}/mcp`,
    async [Symbol.asyncDispose]() {
      const closed = once(http, "close");
      http.close();
      http.closeAllConnections();
      await closed;
    },
  };
}
