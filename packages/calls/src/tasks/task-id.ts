/**
 * The id under which a caller knows a server's task (extension io.modelcontextprotocol/tasks): it says
 * which server, and proves that it was made for this caller. Nothing is stored, so any replica knows it.
 */
import type { Slug } from "@castellan/kernel";

export interface TaskOwner {
  readonly principalId: string;
  readonly portal: string;
}

export interface ServerTask {
  readonly server: Slug;
  /** What the server calls it. */
  readonly taskId: string;
}

/** Makes MACs: `vault.mac`. */
export type Mac = (purpose: string, data: string) => Buffer;

export function toPublicTaskId(task: ServerTask, owner: TaskOwner, mac: Mac): string {
  return `${task.server}.${proof(task, owner, mac)}.${task.taskId}`;
}

/** Undefined for what was never handed to this caller at this portal. */
export function parseTaskId(id: string, owner: TaskOwner, mac: Mac): ServerTask | undefined {
  const parts = /^([a-z0-9-]{1,64})\.([A-Za-z0-9_-]{22})\.(.*)$/s.exec(id);
  if (!parts) return undefined;
  const task: ServerTask = { server: parts[1] as Slug, taskId: parts[3] ?? "" };
  return proof(task, owner, mac) === parts[2] ? task : undefined;
}

function proof({ server, taskId }: ServerTask, { principalId, portal }: TaskOwner, mac: Mac): string {
  return mac("task-id", JSON.stringify([principalId, portal, server, taskId]))
    .toString("base64url")
    .slice(0, 22);
}
