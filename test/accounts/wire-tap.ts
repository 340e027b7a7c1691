/** Stands before a house and keeps every byte that goes in and out, as it is on the wire. */
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";

export interface WireTap extends AsyncDisposable {
  readonly url: string;
  /** What was said to the house: as Latin-1, so that each byte is one letter. */
  readonly told: () => string;
  /** What the house answered. */
  readonly answered: () => string;
}

/** @param socketUrl is asked for with each connection, since the house may not be there yet. */
export async function startWireTap(socketUrl: () => string): Promise<WireTap> {
  const [told, answered]: [Buffer[], Buffer[]] = [[], []];
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const { hostname, port } = new URL(socketUrl());
    const house = connect(Number(port), hostname);
    for (const [from, to, kept] of [
      [client, house, told],
      [house, client, answered],
    ] as const) {
      open.add(from);
      from.on("data", (chunk: Buffer) => kept.push(chunk));
      from.on("close", () => {
        open.delete(from);
        to.destroy();
      });
      // Whoever hangs up in the midst of it is none of our business.
      from.on("error", () => undefined);
      from.pipe(to);
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    told: () => Buffer.concat(told).toString("latin1"),
    answered: () => Buffer.concat(answered).toString("latin1"),
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}
