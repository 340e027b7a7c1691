/** Something that happens between what a command reads and what it changes: a proxy that lets it happen. */
import { once } from "node:events";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";

export interface InBetween extends AsyncDisposable {
  readonly url: string;
}

/** Passes every request on; before the first one of this method and path, `act` is done. */
export async function startInBetween(
  target: string,
  at: { readonly method: string; readonly path: string },
  act: () => Promise<unknown>,
): Promise<InBetween> {
  let isDone = false;
  const proxy = createServer((incoming, outgoing) => {
    const isIt = incoming.method === at.method && incoming.url === `/api/v1${at.path}`;
    const acted = isIt && !isDone ? act() : Promise.resolve();
    isDone ||= isIt;
    void acted.then(() => {
      const onward = request(new URL(incoming.url ?? "/", target), {
        method: incoming.method,
        headers: incoming.headers,
      });
      onward.on("response", (answer) => {
        outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(outgoing);
      });
      incoming.pipe(onward);
    });
  }).listen(0, "127.0.0.1");
  await once(proxy, "listening");
  return {
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      proxy.closeAllConnections();
      proxy.close();
      await once(proxy, "close");
    },
  };
}
