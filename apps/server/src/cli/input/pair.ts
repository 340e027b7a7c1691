import { cliFaults } from "../faults.ts";

/** `NAME=VALUE` → both, as they are; the value may be empty. Fault: `usage_invalid`. */
export function parsePair(
  text: string,
  option: string,
  { at = "first" } = {},
): [name: string, value: string] {
  const index = at === "first" ? text.indexOf("=") : text.lastIndexOf("=");
  if (index < 1) throw cliFaults.fault("usage_invalid", `${option} must look like NAME=VALUE`);
  return [text.slice(0, index), text.slice(index + 1)];
}
