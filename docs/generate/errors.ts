import { Fault, type FaultSpec } from "@castellan/kernel";
import { rpcCodes, toWireError, toldCodes, type Era } from "@castellan/mcp";
import { catalogs } from "../../test/house/faults.ts";
import { code } from "./markdown.ts";

/** Every failure of the house, by the package that raises it. */
export function errorCatalogs(): string {
  return Object.entries(catalogs)
    .map(([name, specs]) => `## ${name}\n\n${Object.entries(specs).map(entry).join("\n\n")}`)
    .join("\n\n");
}

function entry([name, spec]: [string, FaultSpec]): string {
  const facts = [
    `Whose move: ${movers[spec.owner]}`,
    `HTTP ${spec.status}`,
    wire(name, spec),
    ...(spec.retryable ? ["**the same request may succeed later**"] : []),
  ];
  return `### ${code(name)}\n\n${spec.help}\n\n${facts.join(" · ")}`;
}

const movers: Readonly<Record<FaultSpec["owner"], string>> = {
  caller: "the caller's",
  upstream: "the MCP server's",
  system: "the operator's",
};

/** How it is told on the MCP wire, in each era. */
function wire(name: string, spec: FaultSpec): string {
  const [legacy, modern] = (["legacy", "modern"] as const).map((era) => told(name, spec, era));
  return legacy === modern ? `JSON-RPC ${legacy}` : `JSON-RPC ${legacy} (legacy), ${modern} (modern)`;
}

function told(name: string, spec: FaultSpec, era: Era): string {
  const { rpcCode, status } = toWireError(new Fault(name, spec, ""), era, "");
  return status === spec.status ? code(rpcCode) : `${code(rpcCode)} with HTTP ${status}`;
}

/** What holds for a failure that the wire's table does not name. */
export function errorDefaults(): string {
  return `${toldCodes.length} failures have a JSON-RPC code that was chosen for them. Any other has ${code(rpcCodes.internalError)} when it is the operator's move, and ${code(rpcCodes.serverError)} otherwise. Where no second HTTP status is given, both are the same.`;
}
