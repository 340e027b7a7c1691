/** What a program starts in the place of a browser: it tells the test which address it was given. */
import { chmod, mkdtempDisposable, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { text } from "node:stream/consumers";

export interface BrowserCommand extends AsyncDisposable {
  /** For programs that are to find it: by name on their PATH, or in BROWSER. */
  readonly env: Readonly<Record<string, string>>;
  /** The next address that a program opens, in turn. */
  next(signal: AbortSignal): Promise<URL>;
  /** How many were opened that nobody has looked at. */
  readonly waiting: number;
}

/** What programs on Linux and macOS call for it. */
const names = ["xdg-open", "open"];

export async function createBrowserCommand(): Promise<BrowserCommand> {
  await using opened = new AsyncDisposableStack();
  const folder = opened.use(await mkdtempDisposable(join(tmpdir(), "castellan-browser-")));
  const told: URL[] = [];
  let wake = Promise.withResolvers<void>();
  const server = createServer((request, response) => {
    void text(request).then((address) => {
      told.push(new URL(address));
      response.end();
      wake.resolve();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  opened.defer(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const script = `#!${process.execPath}
await fetch("http://127.0.0.1:${port}/", { method: "POST", body: process.argv.at(-1) });
`;
  for (const name of names) {
    // A module, for its `await`; the name has no ending that says so, so the folder does.
    await writeFile(join(folder.path, name), script);
    await chmod(join(folder.path, name), 0o700);
  }
  await writeFile(join(folder.path, "package.json"), '{"type":"module"}');
  const owned = opened.move();
  return {
    env: {
      BROWSER: join(folder.path, "xdg-open"),
      PATH: `${folder.path}${delimiter}${process.env["PATH"] ?? ""}`,
    },
    async next(signal) {
      const aborted = Promise.withResolvers<never>();
      aborted.promise.catch(() => {});
      signal.addEventListener("abort", () => aborted.reject(signal.reason), { once: true });
      for (;;) {
        const address = told.shift();
        if (address) return address;
        wake = Promise.withResolvers();
        await Promise.race([wake.promise, aborted.promise]);
      }
    },
    get waiting() {
      return told.length;
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
