/**
 * The id under which a caller knows a server's task (extension io.modelcontextprotocol/tasks): it says
 * which server, and proves that it was made for this caller. Nothing is stored, so any replica knows it.
 */
import { timingSafeEqual } from "node:crypto";
import type { CatalogServer } from "../catalog/catalog.ts";

export interface TaskOwner {
  readonly principalId: string;
  readonly portal: string;
}

export interface ServerTask {
  readonly server: CatalogServer;
  /** What the server calls it. */
  readonly taskId: string;
}

/** Makes MACs: `vault.mac`. */
export type Mac = (purpose: string, data: string) => Buffer;

export function toPublicTaskId(task: ServerTask, owner: TaskOwner, mac: Mac): string {
  return `${task.server.server.slug}.${proof(task, owner, mac)}.${task.taskId}`;
}

/** Undefined for what was never handed to this caller at this portal by one of these servers. */
export function parseTaskId(
  id: string,
  owner: TaskOwner,
  servers: readonly CatalogServer[],
  mac: Mac,
): ServerTask | undefined {
  const [, slug, proven, taskId = ""] = /^([a-z0-9-]{1,64})\.([A-Za-z0-9_-]{22})\.(.*)$/s.exec(id) ?? [];
  const server = servers.find((one) => one.server.slug === slug);
  if (!server || proven === undefined) return undefined;
  const isProven = timingSafeEqual(Buffer.from(proof({ server, taskId }, owner, mac)), Buffer.from(proven));
  return isProven ? { server, taskId } : undefined;
}

/** Over the server itself: its slug may one day be another's, with tasks of other people under the same ids. */
function proof({ server, taskId }: ServerTask, { principalId, portal }: TaskOwner, mac: Mac): string {
  return mac("task-id", JSON.stringify([principalId, portal, server.server.id, taskId]))
    .toString("base64url")
    .slice(0, 22);
}
