/** Connections as the kernel lists them (proc_pid_net_tcp(5)): exact, where a process's sockets are of many kinds. */
import { readFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";

const established = "01";

/** Connections that a listener on this port has accepted and that are open. */
export function connectionsTo(port: number): number {
  const local = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  return ["/proc/net/tcp", "/proc/net/tcp6"]
    .flatMap((file) => readFileSync(file, "utf8").split("\n").slice(1))
    .map((line) => line.trim().split(/\s+/))
    .filter(([, address, , state]) => address?.endsWith(local) && state === established).length;
}

/** A port that nobody listens on, for a program that must be told one. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
