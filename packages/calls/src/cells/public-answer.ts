/** A server's answer as the caller is to see it: resources and tasks under the names that the caller knows. */
import { edit, mcpFaults, spansAt } from "@castellan/mcp";
import type { Answer } from "../call.ts";
import { resultUris, withPublicUris } from "../catalog/public-uris.ts";
import { limitUiHosts } from "../catalog/ui-hosts.ts";
import { limitUiLinks } from "../catalog/ui-links.ts";
import { toPublicTaskId } from "../tasks/task-id.ts";
import type { CallPorts } from "../stages/stage.ts";
import type { CellCall } from "./cell.ts";

export function toPublicAnswer(answer: Answer, cell: CellCall, ports: CallPorts): Answer {
  if (answer.kind === "error") return answer;
  const { uiHosts } = cell.target.capability.server.server;
  const limited = limitUiLinks(limitUiHosts(answer.text, uiHosts), uiHosts);
  const text = withPublicTask(withKnownUris(limited, cell), cell, ports);
  return text === answer.text ? answer : { ...answer, text };
}

function withKnownUris(text: string, { call, target }: CellCall): string {
  const scope = call.portal.scope(call.protocol.era);
  const { server, kind, name, publicName } = target.capability;
  const isRenamed = kind === "resource" && name !== publicName;
  if (!mayHoldUri(text) || !(isRenamed || scope.movesUris(server))) return text;
  return withPublicUris(text, resultUris, (uri) =>
    isRenamed && uri === name ? publicName : scope.publicUri(server, uri),
  );
}

/** A key may be written with escapes. */
function mayHoldUri(text: string): boolean {
  return text.includes('"uri"') || text.includes("\\u");
}

/** What makes a task, and what tells of one, names it (2026-07-28, extension tasks). Throws `upstream_invalid`. */
function withPublicTask(text: string, { call, target }: CellCall, { vault }: CallPorts): string {
  const { server, kind, publicName } = target.capability;
  if (call.protocol.era !== "modern" || !mayHoldTask(text)) return text;
  if (kind !== "task" && !isTask(text)) return text;
  const [span] = spansAt(text, ["taskId"]);
  if (kind === "task") return span ? edit(text, [{ span, text: JSON.stringify(publicName) }]) : text;
  const taskId: unknown = span && JSON.parse(text.slice(span.start, span.end));
  if (!span || typeof taskId !== "string" || taskId === "" || taskId.length > maxTaskIdChars)
    throw mcpFaults.fault("upstream_invalid", "The server made a task without an id that can be used");
  const owner = { principalId: call.principal.id, portal: call.portal.slug };
  const made = toPublicTaskId({ server, taskId }, owner, (purpose, data) => vault.mac(purpose, data));
  return edit(text, [{ span, text: JSON.stringify(made) }]);
}

/** It travels in a header. */
const maxTaskIdChars = 1_024;

/** Most results tell of none, and can be large. */
function mayHoldTask(text: string): boolean {
  return text.includes('"task') || text.includes("\\u");
}

function isTask(text: string): boolean {
  const [span] = spansAt(text, ["resultType"]);
  return span !== undefined && JSON.parse(text.slice(span.start, span.end)) === "task";
}
