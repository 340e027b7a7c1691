/** Where all of what a run returned can be read. */
import { isId, type Id } from "@castellan/kernel";

export function runUri(run: Id<"run">): string {
  return `codemode://runs/${run}/result`;
}

/** The run of such a URI. */
export function parseRunUri(uri: string): Id<"run"> | undefined {
  const id = /^codemode:\/\/runs\/([^/]{1,64})\/result$/.exec(uri)?.[1];
  return id !== undefined && isId("run", id) ? id : undefined;
}
