/** Where the program that the suite starts as the client hands on what it was started for. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import type { ClientTask } from "./run.ts";

/** The environment variable in which that program finds it. */
export const stageVariable = "CONFORMANCE_STAGE";

export interface Stage extends AsyncDisposable {
  readonly url: string;
  /** What `play` failed with. */
  readonly errors: readonly unknown[];
}

export async function openStage(play: (task: ClientTask) => Promise<void>): Promise<Stage> {
  const errors: unknown[] = [];
  const server = createServer((request, response) => {
    void json(request)
      .then((task) => play(task as ClientTask))
      .catch((error: unknown) => errors.push(error))
      .finally(() => response.end());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    errors,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
