/** A server of the tests as a process, which ends with the test however that ends. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

export interface Program extends AsyncDisposable {
  /** The first line that it printed. */
  readonly url: string;
}

export async function startProgram(file: string): Promise<Program> {
  const child = spawn(process.execPath, [file], {
    env: { PATH: process.env["PATH"] },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  const ended = exited.then(([code]) => {
    throw new Error(`${file} ended with ${String(code)}`);
  });
  ended.catch(() => undefined);
  const [url] = (await Promise.race([once(createInterface(child.stdout), "line"), ended])) as [string];
  return {
    url,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await exited;
    },
  };
}
