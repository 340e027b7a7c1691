import type { Fault } from "@castellan/kernel";
import { mcpFaults } from "@castellan/mcp";

/** `session_unknown`: unknown, ended and somebody else's look the same. */
export function sessionUnknown(): Fault {
  return mcpFaults.fault("session_unknown", "There is no such session: begin with initialize", {
    field: "Mcp-Session-Id",
  });
}

export function sessionEnded(): Fault {
  return mcpFaults.fault("session_unknown", "The session has ended: begin with initialize", {
    field: "Mcp-Session-Id",
  });
}
