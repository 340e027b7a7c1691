/** The document of a server that is an API, as a command names it: a URL that the server fetches, or a file that is read here. */
import type { AddServerBody } from "@castellan/client";
import type { Terminal } from "../terminal.ts";
import { readTextFile } from "./file.ts";

export interface OpenapiOptions {
  /** A file, or an http or https URL. */
  readonly openapi?: string;
  readonly face?: "tools" | "code";
}

type Openapi = NonNullable<AddServerBody["openapi"]>;

/** Undefined where nothing is said of it. Fault: `file_unreadable`. */
export async function openapiSettings(
  { openapi, face }: OpenapiOptions,
  { cwd }: Pick<Terminal, "cwd">,
): Promise<Openapi | undefined> {
  if (openapi === undefined) return face && { face };
  const isUrl = /^https?:\/\//i.test(openapi);
  return {
    ...(isUrl ? { url: openapi } : { document: await readTextFile(openapi, cwd) }),
    ...(face && { face }),
  };
}
