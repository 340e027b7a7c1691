import { once } from "node:events";
import type { Server } from "node:http";
import type { Server as TlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { webFaults } from "../faults.ts";

/** Listens, and says in one sentence why it cannot. @throws port_in_use · listen_failed */
export async function listen(server: Server | TlsServer, host: string, port: number): Promise<AddressInfo> {
  server.listen({ host, port });
  try {
    await once(server, "listening");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EADDRINUSE")
      throw webFaults.fault("port_in_use", `Port ${port} on ${host} is in use by another process`, {
        field: "port",
        cause: error,
      });
    throw webFaults.fault(
      "listen_failed",
      `Cannot listen on ${host}, port ${port} (${code ?? "unknown reason"})`,
      {
        cause: error,
      },
    );
  }
  return server.address() as AddressInfo;
}
