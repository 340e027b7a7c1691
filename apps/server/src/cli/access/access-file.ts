/** A file with a server's URL and a token for it. */
import type { Terminal } from "../terminal.ts";
import { invalid, isToken, parsePrivate, readPrivateFile } from "./private-file.ts";
import { toServerUrl, urlRule } from "./url.ts";

export interface AccessFile {
  readonly path: string;
  readonly url: string;
  readonly token: string;
}

/** Undefined when there is none. Faults: those of `readPrivateFile`. */
export async function loadAccessFile(
  path: string,
  terminal: Pick<Terminal, "uid">,
  { isNamed }: { isNamed: boolean },
): Promise<AccessFile | undefined> {
  const text = await readPrivateFile(path, terminal, { isNamed, holds: "URL and token" });
  if (text === undefined) return undefined;
  const { url, token } = (parsePrivate(path, text) ?? {}) as { url?: unknown; token?: unknown };
  const serverUrl = typeof url === "string" ? toServerUrl(url) : undefined;
  if (serverUrl === undefined) throw invalid(path, `has no good \`url\`: it ${urlRule}`);
  if (!isToken(token)) throw invalid(path, "has no `token` that could be one");
  return { path, url: serverUrl, token };
}
