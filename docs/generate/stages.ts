import { callOutcomes } from "@castellan/audit";
import { callStages, serverMessageStages } from "@castellan/calls";
import { methods, type Era, type MethodSpec } from "@castellan/mcp";
import { code, codes, table } from "./markdown.ts";

/** What comes before the table in the code, and after it, in the same form. */
const before = {
  name: "identify",
  owner: "web",
  does: "request id, client address, address limit, Host, Origin, media types",
};
const after = {
  name: "record",
  owner: "audit",
  does: "one row, committed before the answer leaves, also when a stage refused",
};

export function stagesTable(): string {
  return table(
    ["", "stage", "package", "does"],
    [before, ...callStages.stages, after].map(({ name, owner, does }, index) => [
      String(index + 1),
      code(name),
      code(owner),
      does,
    ]),
  );
}

export function serverMessageTable(): string {
  return table(
    ["", "stage", "package", "does"],
    serverMessageStages.stages.map(({ name, owner, does }, index) => [
      String(index + 1),
      code(name),
      code(owner),
      does,
    ]),
  );
}

export function methodsTable(): string {
  return table(
    ["method", "legacy", "modern", "answered by", "on record"],
    Object.entries<MethodSpec>(methods).map(([name, spec]) => [
      code(name),
      isIn(spec, "legacy"),
      isIn(spec, "modern"),
      spec.handling === "forward" ? "the server" : "the portal",
      spec.isRecorded === false ? "no" : "yes",
    ]),
  );
}

function isIn({ eras }: MethodSpec, era: Era): string {
  return eras.includes(era) ? "yes" : "–";
}

export function outcomes(): string {
  return `An outcome is one of ${codes(callOutcomes)}.`;
}
