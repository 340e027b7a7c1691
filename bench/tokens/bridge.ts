/**
 * A stdio server behind HTTP: each POST is one line to it, the line with its id the answer. Messages go through as they are,
 * but for their ids, which are made unique over all requests. However this process ends, the end of its input ends the server.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";

export interface Bridge extends AsyncDisposable {
  readonly url: URL;
}

interface Message {
  readonly id?: number | string;
  readonly method?: string;
}

export async function bridgeToHttp(
  args: readonly string[],
  { cwd, env }: { readonly cwd: string; readonly env: Readonly<Record<string, string>> },
): Promise<Bridge> {
  const child = spawn(process.execPath, args, {
    cwd,
    env: { PATH: process.env["PATH"], HOME: cwd, ...env },
    stdio: ["pipe", "pipe", "ignore"],
  });
  const exited = once(child, "exit");
  const waiting = new Map<number, (message: Message) => void>();
  createInterface({ input: child.stdout }).on("line", (line) => {
    const message = parse(line);
    if (message === undefined || message.method !== undefined) return;
    waiting.get(Number(message.id))?.(message);
  });
  let lastId = 0;

  async function answer(request: IncomingMessage): Promise<{ status: number; body: string }> {
    if (request.method !== "POST") return { status: 405, body: "" };
    const message = parse(await text(request));
    if (message === undefined) return { status: 400, body: "" };
    if (message.id === undefined) {
      child.stdin.write(`${JSON.stringify(message)}\n`);
      return { status: 202, body: "" };
    }
    const id = ++lastId;
    const { promise, resolve } = Promise.withResolvers<Message>();
    waiting.set(id, resolve);
    child.stdin.write(`${JSON.stringify({ ...message, id })}\n`);
    const said = await Promise.race([promise, exited.then(() => undefined)]);
    waiting.delete(id);
    if (said === undefined) return { status: 502, body: "" };
    return { status: 200, body: JSON.stringify({ ...said, id: message.id }) };
  }

  const http = createServer((request, response) => {
    void answer(request).then(
      ({ status, body }) => response.writeHead(status, { "content-type": "application/json" }).end(body),
      () => response.destroy(),
    );
  }).listen(0, "127.0.0.1");
  await once(http, "listening");
  return {
    url: new URL(`http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`),
    async [Symbol.asyncDispose]() {
      http.close();
      http.closeAllConnections();
      if (child.exitCode === null && child.signalCode === null) {
        child.kill("SIGKILL");
        await exited;
      }
    },
  };
}

function parse(line: string): Message | undefined {
  try {
    return JSON.parse(line) as Message;
  } catch {
    return undefined;
  }
}
