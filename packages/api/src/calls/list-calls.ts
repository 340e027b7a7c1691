import { callOutcomes, type RecordedCall } from "@castellan/audit";
import { z } from "zod";
import { id, isoTime, pageLimit, printable, slug, time } from "../fields.ts";
import { defineRoute } from "../route.ts";

const shownCall = z.object({
  id: z.string(),
  startedAt: isoTime,
  durationMs: z.number(),
  /** The server's part of `durationMs`; absent when no server was asked. */
  upstreamMs: z.number().optional(),
  portal: z.string().optional(),
  server: z.string().optional(),
  era: z.enum(["legacy", "modern"]).nullable(),
  method: z.string(),
  target: z.string().optional(),
  principal: z.object({ kind: z.string(), id: z.string(), name: z.string() }),
  /** What the client says of itself, and the address it came from. */
  client: z.object({
    name: z.string().optional(),
    version: z.string().optional(),
    address: z.string().optional(),
  }),
  outcome: z.enum(callOutcomes),
  stage: z.string().optional(),
  code: z.string().optional(),
  bytesIn: z.number(),
  bytesOut: z.number(),
  requestId: z.string(),
  replica: z.string(),
  sessionId: z.string().optional(),
  traceId: z.string().optional(),
  parentCallId: z.string().optional(),
  /** Its place in the chain of records. */
  chain: z.number(),
  seq: z.number(),
});

export type ShownCall = z.output<typeof shownCall>;

export const listCalls = defineRoute({
  method: "GET",
  path: "/calls",
  summary: "List recorded calls, newest first; all filters must match",
  role: "admin",
  query: z.strictObject({
    id: id("call").optional(),
    portal: slug.optional(),
    server: slug.optional(),
    /** Id of the token that was used. */
    principal: printable(128).optional(),
    method: printable(128).optional(),
    /** Public tool or prompt name, or resource URI. */
    target: printable(512).optional(),
    outcome: z.enum(callOutcomes).optional(),
    /** Started at this time or later. */
    since: time.optional(),
    /** Started before this time. */
    until: time.optional(),
    limit: pageLimit(500).optional(),
    /** Where the page before ended: its `nextCursor`. */
    cursor: printable(128).optional(),
  }),
  answer: z.object({ items: z.array(shownCall), nextCursor: z.string().optional() }),
  handler: async ({ query: { since, until, ...filter } }, { audit }) => {
    const { calls, nextCursor } = await audit.list({
      ...filter,
      sinceMs: since?.getTime(),
      untilMs: until?.getTime(),
    });
    return { items: calls.map(toShownCall), nextCursor };
  },
});

function toShownCall(call: RecordedCall): z.input<typeof shownCall> {
  return {
    ...call,
    startedAt: new Date(call.startedAtMs),
    principal: { kind: call.principalKind, id: call.principalId, name: call.principalName },
    client: { name: call.clientName, version: call.clientVersion, address: call.clientAddress },
  };
}
