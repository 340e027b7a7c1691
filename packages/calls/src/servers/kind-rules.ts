/** What of a server goes together with what it is. Nothing is read or written here. */
import { invalidInput, type InputProblem } from "@castellan/kernel";
import type { Server } from "./server.ts";

type OfKind = Pick<Server, "kind" | "face" | "transport" | "clientFeatures" | "uiHosts">;

/** Throws `invalid_input`, with all that would have no effect. */
export function assertKindFits(server: OfKind): void {
  const problems = kindProblems(server);
  if (problems.length > 0) throw invalidInput(problems);
}

export function kindProblems({
  kind,
  face,
  transport,
  clientFeatures,
  uiHosts,
}: OfKind): readonly InputProblem[] {
  if (kind === "mcp")
    return face === undefined
      ? []
      : [{ field: "openapi", reason: "is of APIs: this server speaks MCP itself" }];
  return [
    ...(transport === "auto" ? [] : [{ field: "transport", reason: "is of no use to an API" }]),
    ...(clientFeatures.length === 0
      ? []
      : [{ field: "clientFeatures", reason: "is of no use to an API: it asks clients for nothing" }]),
    ...(uiHosts.length === 0
      ? []
      : [{ field: "uiHosts", reason: "is of no use to an API: it has no pages" }]),
  ];
}
