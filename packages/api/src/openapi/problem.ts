/** Failures as JSON Schema: problem details (RFC 9457) with a code that never changes. */
import type { JsonSchema } from "./schemas.ts";

export const problem: JsonSchema = {
  type: "object",
  description:
    "What went wrong (RFC 9457). Beside these members there may be others that belong to the code.",
  properties: {
    type: { type: "string", description: "`urn:castellan:fault:{code}`" },
    title: { type: "string" },
    status: { type: "integer" },
    code: { type: "string", description: "Stable: what programs decide by" },
    detail: { type: "string", description: "For people; repeats no secret" },
    field: { type: "string", description: "The field of the input that is at fault, as the caller wrote it" },
    requestId: { type: "string", description: "Finds the request in the server's log" },
    problems: {
      type: "array",
      description: "All that is wrong with the input",
      items: {
        type: "object",
        properties: { field: { type: "string" }, reason: { type: "string" } },
        required: ["field", "reason"],
      },
    },
    retryAfterSeconds: { type: "number", description: "As in the header Retry-After" },
  },
  required: ["type", "title", "status", "code", "detail", "requestId"],
};

/** A problem that is told with this status, and has one of these codes. */
export function problemWith(status: number, codes: readonly string[]): JsonSchema {
  return {
    allOf: [
      { $ref: "#/components/schemas/Problem" },
      { type: "object", properties: { status: { const: status }, code: { enum: [...codes] } } },
    ],
  };
}
