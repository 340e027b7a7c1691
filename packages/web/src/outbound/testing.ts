/** For the tests of outbound requests: a certificate authority, a TLS server, a CONNECT proxy. */
import { generateKeyPairSync, sign, type KeyObject } from "node:crypto";
import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { connect, isIPv4, type AddressInfo } from "node:net";
import type { Duplex } from "node:stream";

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

/** An authority of our own, and a certificate from it for a name or an IPv4 address. X.509 version 3 (RFC 5280) by hand. */
export function createAuthority(name: string): { authority: string; server: Certificate } {
  const ca = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const own = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const isAuthority = extension("551d13", sequence(der(0x01, Buffer.from([0xff]))));
  const isNamed = extension("551d11", sequence(subjectName(name)));
  return {
    authority: certificate(
      1,
      "Castellan Test CA",
      "Castellan Test CA",
      ca.publicKey,
      ca.privateKey,
      isAuthority,
    ),
    server: {
      key: String(own.privateKey.export({ type: "pkcs8", format: "pem" })),
      cert: certificate(2, "Castellan Test CA", name, own.publicKey, ca.privateKey, isNamed),
    },
  };
}

function certificate(
  serial: number,
  issuer: string,
  subject: string,
  key: KeyObject,
  issuerKey: KeyObject,
  extensions: Buffer,
): string {
  const ecdsaWithSha256 = sequence(objectId("2a8648ce3d040302"));
  const time = (text: string) => der(0x17, Buffer.from(text));
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.from([serial])),
    ecdsaWithSha256,
    commonName(issuer),
    sequence(time("250101000000Z"), time("491231235959Z")),
    commonName(subject),
    key.export({ type: "spki", format: "der" }),
    der(0xa3, sequence(extensions)),
  );
  const signature = der(0x03, Buffer.concat([Buffer.from([0]), sign("sha256", body, issuerKey)]));
  const base64 = sequence(body, ecdsaWithSha256, signature).toString("base64");
  return `-----BEGIN CERTIFICATE-----\n${base64.replaceAll(/.{64}/g, "$&\n")}\n-----END CERTIFICATE-----\n`;
}

/** RFC 5280 §4.2.1.6: an `iPAddress` or a `dNSName`. */
function subjectName(name: string): Buffer {
  return isIPv4(name) ? der(0x87, Buffer.from(name.split(".").map(Number))) : der(0x82, Buffer.from(name));
}

function commonName(name: string): Buffer {
  return sequence(der(0x31, sequence(objectId("550403"), der(0x0c, Buffer.from(name)))));
}

function extension(id: string, value: Buffer): Buffer {
  return sequence(objectId(id), der(0x04, value));
}

function objectId(hex: string): Buffer {
  return der(0x06, Buffer.from(hex, "hex"));
}

function sequence(...parts: Buffer[]): Buffer {
  return der(0x30, Buffer.concat(parts));
}

function der(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}
