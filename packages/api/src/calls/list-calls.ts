import { callOutcomes, policyOutcomes, type RecordedCall } from "@castellan/audit";
import { z } from "zod";
import { id, isoTime, pageLimit, printable, slug, time } from "../fields.ts";
import { defineRoute } from "../route.ts";

const shownCall = z
  .object({
    id: z.string(),
    startedAt: isoTime,
    durationMs: z.number(),
    upstreamMs: z
      .number()
      .optional()
      .describe("The server's part of `durationMs`; absent when no server was asked"),
    portal: z.string().optional(),
    server: z.string().optional(),
    era: z.enum(["legacy", "modern"]).nullable(),
    method: z.string(),
    target: z.string().optional(),
    principal: z.object({ kind: z.string(), id: z.string(), name: z.string() }),
    /** What the client says of itself, the address it came from, and the OAuth client that it is. */
    client: z.object({
      id: z.string().optional(),
      name: z.string().optional(),
      version: z.string().optional(),
      address: z.string().optional(),
      country: z.string().optional().describe("Of the address, ISO 3166-1 alpha-2; absent: not known"),
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
    parentCallId: z
      .string()
      .optional()
      .describe(
        "The call on whose behalf it was made: one that runs code, or in the course of which a server asked something",
      ),
    via: z
      .string()
      .optional()
      .describe("The portal's own tool through which the caller aimed at the target: `portal_execute`"),
    class: z.string().optional().describe("What the use may do: `read`, `write` or `destructive`"),
    name: z
      .string()
      .optional()
      .describe("What the server calls the target, where callers know it by another name"),
    policy: z
      .object({
        outcome: z.enum(policyOutcomes),
        rules: z.array(z.string()).describe("Names of the rules that said so; none: no rule allows it"),
      })
      .optional()
      .describe("What rules made of it, before anybody was asked; absent where none had anything to say"),
    accountId: z
      .string()
      .optional()
      .describe(
        "The linked account that it was made with at the server: that of a person, or the shared one",
      ),
    approvalId: z
      .string()
      .optional()
      .describe("The request for a person's decision by which it went through, or waits"),
    chain: z.number().describe("Its place in the chain of records"),
    seq: z.number(),
  })
  .meta({ id: "Call" });

export type ShownCall = z.output<typeof shownCall>;

export const listCalls = defineRoute({
  id: "listCalls",
  method: "GET",
  path: "/calls",
  summary: "List recorded calls, newest first; all filters must match",
  permission: "read",
  query: z.strictObject({
    id: id("call").optional(),
    parent: id("call").optional().describe("Id of the call on whose behalf they were made: by code"),
    portal: slug.optional(),
    server: slug.optional(),
    principal: printable(128).optional().describe("Id of the person or token that called"),
    method: printable(128).optional(),
    target: printable(512).optional().describe("Public tool or prompt name, or resource URI"),
    outcome: z.enum(callOutcomes).optional(),
    since: time.optional().describe("Started at this time or later"),
    until: time.optional().describe("Started before this time"),
    limit: pageLimit(500).optional(),
    cursor: printable(128).optional().describe("Where the page before ended: its `nextCursor`"),
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
    client: {
      id: call.clientId,
      name: call.clientName,
      version: call.clientVersion,
      address: call.clientAddress,
      country: call.country,
    },
    policy: call.policy && { ...call.policy, rules: [...call.policy.rules] },
  };
}
