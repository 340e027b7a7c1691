/** How a server speaks, as it was found out by asking it; kept with where it was asked. */
import type { Fault } from "@castellan/kernel";
import { isLegacyVersion, type FoundServer } from "@castellan/mcp";
import type { Server, ServerState } from "../servers/server.ts";

export interface FoundEras extends Pick<ServerState, "modern" | "legacy" | "foundBelow"> {
  /** The origin at which it was asked. */
  readonly foundAt: string;
}

/** An era that the server spoke before is not taken for lost because of a failure that passes. */
export function foundEras(
  { modern, legacy, faults, below }: FoundServer,
  { server, state: before }: { readonly server: Pick<Server, "url">; readonly state: ServerState },
): FoundEras {
  const hello = legacy?.channel.hello;
  const maySpeak = (fault: Fault | undefined) => !before.isElsewhere && passes(fault);
  return {
    foundAt: new URL(server.url).origin,
    foundBelow: below,
    modern: modern
      ? { helloText: modern.hello.resultText }
      : maySpeak(faults.modern)
        ? before.modern
        : undefined,
    legacy:
      legacy && hello && isLegacyVersion(hello.version)
        ? { helloText: hello.resultText, version: hello.version, transport: legacy.transport }
        : maySpeak(faults.legacy)
          ? before.legacy
          : undefined,
  };
}

function passes(fault: Fault | undefined): boolean {
  const status = fault?.data?.["status"];
  return (
    fault !== undefined &&
    (fault.retryable || status === 429 || (typeof status === "number" && status >= 500))
  );
}
