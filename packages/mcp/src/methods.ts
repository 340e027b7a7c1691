/**
 * Every method that a client may send, as a table: in which eras it exists, what it aims at,
 * and how it is answered. Generic code asks this table, never the method's name.
 */
import type { Era } from "./versions.ts";

/** The kinds of capability that a server offers. */
export type CapabilityKind = "tool" | "prompt" | "resource" | "resource_template";

/** What a method aims at: one capability by name or URI, a completion's reference, a task, or nothing. */
export type TargetKind = "tool" | "prompt" | "resource" | "reference" | "task";

export interface MethodSpec {
  readonly eras: readonly Era[];
  /** `forward`: a server answers. `local`: the portal answers out of what it knows. */
  readonly handling: "forward" | "local";
  readonly target?: TargetKind;
  /** The parameter whose value the header `Mcp-Name` repeats (2026-07-28, transports). */
  readonly nameParam?: "name" | "uri" | "taskId";
  /** The result must say how long it may be kept, and by whom (2026-07-28, SEP-2549). */
  readonly hasCacheHints?: true;
  /** False for what carries nothing worth a record: a heartbeat. */
  readonly isRecorded?: false;
}

const both = ["legacy", "modern"] as const;

export const methods = {
  initialize: { eras: ["legacy"], handling: "local" },
  ping: { eras: ["legacy"], handling: "local", isRecorded: false },
  "logging/setLevel": { eras: ["legacy"], handling: "local" },
  "server/discover": { eras: ["modern"], handling: "local", hasCacheHints: true },
  "subscriptions/listen": { eras: ["modern"], handling: "local" },
  "tools/list": { eras: both, handling: "local", hasCacheHints: true },
  "prompts/list": { eras: both, handling: "local", hasCacheHints: true },
  "resources/list": { eras: both, handling: "local", hasCacheHints: true },
  "resources/templates/list": { eras: both, handling: "local", hasCacheHints: true },
  "tools/call": { eras: both, handling: "forward", target: "tool", nameParam: "name" },
  "prompts/get": { eras: both, handling: "forward", target: "prompt", nameParam: "name" },
  "resources/read": {
    eras: both,
    handling: "forward",
    target: "resource",
    nameParam: "uri",
    hasCacheHints: true,
  },
  "resources/subscribe": { eras: ["legacy"], handling: "local", target: "resource" },
  "resources/unsubscribe": { eras: ["legacy"], handling: "local", target: "resource" },
  "completion/complete": { eras: both, handling: "forward", target: "reference" },
  "tasks/get": { eras: ["modern"], handling: "forward", target: "task", nameParam: "taskId" },
  "tasks/update": { eras: ["modern"], handling: "forward", target: "task", nameParam: "taskId" },
  "tasks/cancel": { eras: ["modern"], handling: "forward", target: "task", nameParam: "taskId" },
} as const satisfies Readonly<Record<string, MethodSpec>>;

export type Method = keyof typeof methods;
export type LocalMethod = {
  [M in Method]: (typeof methods)[M]["handling"] extends "local" ? M : never;
}[Method];

/** The method's row, if it exists in this era. */
export function findMethod(method: string, era: Era): MethodSpec | undefined {
  const spec: MethodSpec | undefined = Object.hasOwn(methods, method) ? methods[method as Method] : undefined;
  return spec?.eras.includes(era) ? spec : undefined;
}
