import { once } from "node:events";
import { connect } from "node:tls";
import { expect, test } from "vitest";
import { createTestAuthority } from "../client-certificate/testing.ts";
import { openSocket, readAll, serveApp } from "../testing.ts";

const root = createTestAuthority("Root");
const own = root.issue({ commonName: "localhost", host: "127.0.0.1" });
const tls = { certificates: own.cert, key: own.key };

test("what is no handshake ends there, and is counted", async () => {
  await using served = await serveApp((app) => app.get("/", (c) => c.text("ok")), { tls });
  const socket = await openSocket(served.server.port);
  socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  expect([await readAll(socket), served.refused]).toEqual([
    "",
    [{ address: "127.0.0.1", code: "request_malformed" }],
  ]);
});

test("an old version of TLS is not spoken", async () => {
  await using served = await serveApp((app) => app.get("/", (c) => c.text("ok")), { tls });
  const old = { maxVersion: "TLSv1.1", minVersion: "TLSv1", ciphers: "DEFAULT@SECLEVEL=0" } as const;
  const socket = connect({ port: served.server.port, host: "127.0.0.1", ca: root.cert, ...old });
  const [error] = (await once(socket, "error")) as [NodeJS.ErrnoException];
  expect(error.code).toBe("ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION");
});

test("a handshake that never begins is cut off, and a draining server waits for none", async () => {
  await using served = await serveApp((app) => app.get("/", (c) => c.text("ok")), {
    tls,
    headersTimeoutMs: 300,
  });
  expect([await readAll(await openSocket(served.server.port)), served.refused]).toEqual([
    "",
    [{ address: "127.0.0.1", code: "request_timed_out" }],
  ]);
  const silent = await openSocket(served.server.port);
  const ended = readAll(silent);
  expect(await served.server.drain({ timeoutMs: 0 })).toEqual({ cut: 0 });
  expect(await ended).toBe("");
});
