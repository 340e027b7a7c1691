import { once } from "node:events";
import { createServer, request as send, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { startRelay } from "./relay.ts";

test("the relay adds the token, and passes on the names that are not its own", async () => {
  const seen: unknown[] = [];
  const portal = createServer((request, response) => {
    const { host, origin, authorization, "x-own": own } = request.headers;
    seen.push({ path: request.url, host, origin, authorization, own });
    void text(request).then((body) => response.writeHead(421, { "x-answer": "yes" }).end(`got ${body}`));
  });
  portal.listen(0, "127.0.0.1");
  await once(portal, "listening");
  const at = `127.0.0.1:${(portal.address() as AddressInfo).port}`;
  try {
    await using relay = await startRelay(`http://${at}/p/own/mcp`, "Bearer secret");
    const own = new URL(relay.url).host;
    const answers = [
      await post(relay.url, { host: own, origin: `http://${own}`, "x-own": "kept" }),
      await post(relay.url, { host: "evil.example.com", origin: "http://evil.example.com" }),
    ];

    expect(answers).toEqual([
      { status: 421, header: "yes", body: "got {}" },
      { status: 421, header: "yes", body: "got {}" },
    ]);
    const path = "/p/own/mcp";
    const authorization = "Bearer secret";
    expect(seen).toEqual([
      { path, host: at, origin: `http://${at}`, authorization, own: "kept" },
      { path, host: "evil.example.com", origin: "http://evil.example.com", authorization, own: undefined },
    ]);
  } finally {
    portal.close();
    portal.closeAllConnections();
  }
});

async function post(url: string, headers: IncomingHttpHeaders) {
  const request = send(url, { method: "POST", headers });
  request.end("{}");
  const [response] = (await once(request, "response")) as [IncomingMessage];
  return { status: response.statusCode, header: response.headers["x-answer"], body: await text(response) };
}
