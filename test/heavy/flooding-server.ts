/**
 * A server that floods its caller, as a process of its own, so that what it costs to flood is not measured as
 * Castellan's. `endless` notifies for as long as somebody reads; `burst` stops after some thousand and answers.
 * Prints its URL when it is ready; ends when its standard input does.
 */
import { once } from "node:events";
import { faults } from "../fixtures/faulty.ts";
import { startRawModern } from "../fixtures/raw-modern.ts";

/** Fewer than may wait for a client that is slower than we are: it need not keep up. */
export const burstLength = 10_000;

const tool = (name: string) => `{"name":"${name}","inputSchema":{"type":"object"}}`;
const endless = faults.flood();
const burst = faults.flood({ count: burstLength, result: '{"resultType":"complete","content":[]}' });

if (import.meta.main) {
  await using server = await startRawModern({
    script: {
      "tools/list": () =>
        `{"resultType":"complete","tools":[${tool("endless")},${tool("burst")}],"ttlMs":0,"cacheScope":"public"}`,
    },
    intercept: (exchange) => {
      if (exchange.request.method !== "tools/call") return false;
      return exchange.request.headers["mcp-name"] === "burst" ? burst(exchange) : endless(exchange);
    },
  });
  process.stdout.write(`${server.url}\n`);
  await once(process.stdin.resume(), "end");
}
