/** The namespace of this installation in the names of its registry: a host, reversed (`com.example.mcp`). */
import { isIP } from "node:net";

/** A name has at most 200 characters, and at most 40 of them follow the namespace. */
const maxLength = 160;
const pattern = /^[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?$/;

export const namespaceRule = `1 to ${maxLength} letters, digits, dots and hyphens, beginning and ending with a letter or digit`;

export function isNamespace(text: string): boolean {
  return text.length <= maxLength && pattern.test(text);
}

/** `https://mcp.example.com` → `com.example.mcp`. An IP address is not reversed, and is spelled with what a name may hold. */
export function toNamespace(publicUrl: string): string {
  const host = new URL(publicUrl).hostname.replace(/^\[(.*)\]$/, "$1");
  const name = isIP(host) === 0 ? host.split(".").toReversed().join(".") : host;
  const spelled = name.replaceAll(/[^a-zA-Z0-9.-]/g, "-").slice(0, maxLength);
  return spelled.replaceAll(/^[.-]+|[.-]+$/g, "") || "local";
}
