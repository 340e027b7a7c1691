/** What a run of code came to, as a resource of the portal's own: whole, where the answer of the run had to be cut. */
import type { OwnResource } from "@castellan/calls";
import type { Slug } from "@castellan/kernel";
import type { CodemodePort } from "../codemode-port.ts";

/** Of its caller only, where it was run, in whichever listing: `codemode` looks whose run it is. */
export function runResource(
  uri: string,
  portal: Slug,
  codemode: Pick<CodemodePort, "ownResource">,
): OwnResource {
  return {
    uri,
    async read({ principal, protocol }) {
      const contents = await codemode.ownResource(uri, principal, portal);
      if (contents === undefined) return undefined;
      // Not for a client to keep: it is gone in a while, and never another one (2026-07-28, SEP-2549).
      const ofEra =
        protocol.era === "modern" ? '"resultType":"complete","ttlMs":0,"cacheScope":"private",' : "";
      return { kind: "result", text: `{${ofEra}"contents":${contents}}`, outcome: "ok" };
    },
  };
}
