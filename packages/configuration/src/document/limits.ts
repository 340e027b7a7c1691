/** Limits of a server as a document writes them; see `ServerLimits`. */
import { limitBounds, type ServerLimits } from "@castellan/calls";
import { z } from "zod";
import { compact } from "./compact.ts";
import { byName } from "./fields.ts";

function count(max: number) {
  return z.int().min(1).max(max).optional();
}

const callLimits = {
  callsPerMinute: count(limitBounds.callsPerMinute),
  concurrency: count(limitBounds.concurrency),
};
const timedLimits = {
  ...callLimits,
  timeoutSeconds: count(limitBounds.timeoutSeconds),
  perPerson: z.strictObject(callLimits).optional(),
};

export const limits = z
  .strictObject({ ...timedLimits, tools: byName(z.strictObject(timedLimits), limitBounds.tools) })
  .transform((given) => compact(given) as ServerLimits)
  .prefault({});
