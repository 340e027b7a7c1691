/** For the tests of outbound requests: a TLS server and its authority, a CONNECT proxy. */
import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { connect, type AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { createTestAuthority } from "../client-certificate/testing.ts";

export interface Listening extends AsyncDisposable {
  readonly port: number;
}

export async function serve(
  listener: RequestListener,
  tls?: { key: string; cert: string },
): Promise<Listening> {
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  return listening(server as Server);
}

async function listening(server: Server, onClose = () => {}): Promise<Listening> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const close = async () => {
    onClose();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { port: (server.address() as AddressInfo).port, [Symbol.asyncDispose]: close };
}

export interface ConnectProxy extends Listening {
  /** `host:port` of each tunnel that was asked for, with the credentials that came along. */
  readonly tunnels: string[];
}

/** A proxy that tunnels every host to one local port, as if it resolved all names to it. */
export async function serveProxy(targetPort: () => number): Promise<ConnectProxy> {
  const tunnels: string[] = [];
  const sockets = new Set<Duplex>();
  const server = createServer((_request, response) => response.writeHead(405).end());
  server.on("connect", (request, socket) => {
    tunnels.push([request.url, request.headers["proxy-authorization"]].filter(Boolean).join(" "));
    const upstream = connect(targetPort(), "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 Connection Established\r\n\r\n");
      socket.pipe(upstream).pipe(socket);
    });
    for (const end of [socket, upstream]) {
      sockets.add(end);
      end.on("error", () => end.destroy()).on("close", () => sockets.delete(end));
    }
  });
  const { port, ...owned } = await listening(server, () => {
    for (const socket of sockets) socket.destroy();
  });
  return { port, tunnels, ...owned };
}

export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

/** An authority of our own, and a certificate from it for a name or an IPv4 address. */
export function createAuthority(name: string): { authority: string; server: Certificate } {
  const authority = createTestAuthority("Castellan Test CA");
  return { authority: authority.cert, server: authority.issue({ commonName: name, host: name }) };
}
