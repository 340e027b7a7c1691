import { isId, kernelFaults, type Id } from "@castellan/kernel";
import { maxTimeMs } from "./row.ts";

/** The place in the list after which a page begins. */
export interface CallCursor {
  readonly startedAtMs: number;
  readonly id: Id<"call">;
}

/** Opaque to clients: its content may change with a release, and a cursor does not outlive its listing. */
export function toCursor({ startedAtMs, id }: CallCursor): string {
  return Buffer.from(`${startedAtMs} ${id}`).toString("base64url");
}

/** Fault: `invalid_input` (field `cursor`). */
export function parseCursor(cursor: string): CallCursor {
  const text = cursor.length <= 128 ? Buffer.from(cursor, "base64url").toString() : "";
  const [, ms = "", id = ""] = /^(\d{1,16}) (\S+)$/.exec(text) ?? [];
  const startedAtMs = Number(ms);
  if (ms !== "" && startedAtMs <= maxTimeMs && isId("call", id)) return { startedAtMs, id };
  throw kernelFaults.fault("invalid_input", "cursor must be the nextCursor of the page before", {
    field: "cursor",
  });
}
