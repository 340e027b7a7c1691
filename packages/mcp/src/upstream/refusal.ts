import type { Fault } from "@castellan/kernel";
import { mcpFaults } from "../faults.ts";

/** An HTTP status that is no answer, as a fault with the upstream as owner. */
export function refusalFault(status: number): Fault {
  if (status === 401 || status === 403)
    return mcpFaults.fault(
      "upstream_unauthorized",
      `The server refused the credentials it was sent (HTTP ${status})`,
      {
        data: { status },
      },
    );
  return mcpFaults.fault("upstream_refused", `The server answered with HTTP ${status}`, { data: { status } });
}
