import { mcpFaults } from "../faults.ts";
import { memberText, type ResultMessage } from "../jsonrpc/message.ts";

/** It is kept for each server, and parts of it are told to every client. */
const maxHelloChars = 256 * 1024;

/** The text of what a server says of itself. Throws `upstream_invalid` when it is too large. */
export function helloText(message: ResultMessage): string {
  const text = memberText(message, "result") ?? "{}";
  if (text.length <= maxHelloChars) return text;
  throw mcpFaults.fault(
    "upstream_invalid",
    `What the server says of itself is larger than ${maxHelloChars} characters`,
  );
}
