import { cliFaults } from "../faults.ts";
import type { Terminal } from "../terminal.ts";
import { secretFromEnv } from "./secret.ts";

/** A value under such a name is most likely a secret. */
const secretName = /auth|cookie|key|password|secret|token/i;

/**
 * `Name: value` and, for secrets, `Name=VARIABLE` → headers. Faults: `usage_invalid`, `secret_unreadable`.
 */
export function parseHeaders(
  plain: readonly string[],
  fromEnv: readonly string[],
  terminal: Pick<Terminal, "env">,
): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const text of plain) {
    const [name, value] = split(text, ":", "--header must look like 'Name: value'");
    if (secretName.test(name))
      throw cliFaults.fault(
        "usage_invalid",
        `--header ${name} looks like a secret, which others can see in an argument: use --header-env ${name}=VARIABLE, or --bearer-env`,
      );
    add(headers, name, value);
  }
  for (const text of fromEnv) {
    const [name, variable] = split(text, "=", "--header-env must look like Name=VARIABLE");
    add(headers, name, secretFromEnv(variable, terminal));
  }
  return headers;
}

/** The same where headers are stored already: `Name:` takes one away. */
export function parseHeaderChanges(
  plain: readonly string[],
  fromEnv: readonly string[],
  terminal: Pick<Terminal, "env">,
): Record<string, string | null> {
  const isRemoval = (text: string) => /^[^:]+:$/.test(text);
  const set = parseHeaders(
    plain.filter((text) => !isRemoval(text)),
    fromEnv,
    terminal,
  );
  const removed = plain.filter(isRemoval).map((text) => [text.slice(0, -1).trim(), null] as const);
  return { ...Object.fromEntries(removed), ...set };
}

function split(text: string, at: string, rule: string): [name: string, value: string] {
  const index = text.indexOf(at);
  const [name, value] = [text.slice(0, index).trim(), text.slice(index + 1).trim()];
  if (index < 1 || name === "" || value === "") throw cliFaults.fault("usage_invalid", rule);
  return [name, value];
}

function add(headers: Record<string, string>, name: string, value: string): void {
  if (Object.hasOwn(headers, name))
    throw cliFaults.fault("usage_invalid", `The header ${name} is given twice`);
  headers[name] = value;
}
