/** How much may be asked of a server, in a document as in the API: whole numbers, each within its bounds. */
import { limitBounds, syncIntervalBounds, type ServerLimits } from "@castellan/calls";
import { z } from "zod";
import { compact } from "./compact.ts";
import { definitionName } from "./fields.ts";

function wholeNumber(min: number, max: number) {
  const rule = `must be a whole number from ${min} to ${max}`;
  return z
    .number()
    .refine((value) => Number.isInteger(value) && value >= min && value <= max, rule)
    .meta({
      type: "integer",
      minimum: min,
      maximum: max,
    });
}

const callLimits = {
  callsPerMinute: wholeNumber(1, limitBounds.callsPerMinute).exactOptional(),
  concurrency: wholeNumber(1, limitBounds.concurrency).exactOptional(),
};

const timedLimits = {
  ...callLimits,
  timeoutSeconds: wholeNumber(1, limitBounds.timeoutSeconds).exactOptional(),
  perPerson: z.strictObject(callLimits).exactOptional(),
};

export const serverLimits = z
  .strictObject({
    ...timedLimits,
    /** By the names that the server gives its tools. */
    tools: z
      .record(definitionName, z.strictObject(timedLimits))
      .refine(
        (tools) => Object.keys(tools).length <= limitBounds.tools,
        `must have at most ${limitBounds.tools} entries`,
      )
      .exactOptional(),
  })
  .meta({ description: "What is absent is not limited" });

export const syncIntervalSeconds = wholeNumber(syncIntervalBounds.min, syncIntervalBounds.max).meta({
  description: "How often its lists are read",
});

/** Of a document: what says nothing is left out, so that two that mean the same are equal. */
export const limits = serverLimits.transform((given): ServerLimits => compact(given)).prefault({});
