/** A request for a decision, as the API shows it. */
import { approvalPath, approvalStates, type Approval, type Need } from "@castellan/approvals";
import { z } from "zod";
import { isoTime } from "../fields.ts";
import type { ApiPorts } from "../ports.ts";

const met = z
  .object({
    at: isoTime,
    by: z.string().describe("The id of the user"),
    byName: z.string(),
    text: z.string().optional().describe("The reason of a decision, or the purpose"),
  })
  .optional()
  .describe("What was done; absent: it is open");

const rule = z.string().describe("The name of the rule that wants it");
const holdsSeconds = z
  .number()
  .describe("For how long it holds for further calls of the tool; 0: for this one");

export const shownDeciders = z.object({
  self: z.boolean().optional().describe("Whoever asked"),
  groups: z.array(z.string()).optional(),
  people: z.array(z.string()).optional().describe("E-mail addresses"),
});

const shownNeed = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("decision"), rule, deciders: shownDeciders, holdsSeconds, met }),
  z.object({
    kind: z.literal("proof"),
    rule,
    withinSeconds: z.number(),
    methods: z.array(z.string()).optional().describe("Values of `amr`, one of which must be there"),
    met,
  }),
  z.object({ kind: z.literal("purpose"), rule, holdsSeconds, met }),
]);

export const shownApproval = z
  .object({
    id: z.string(),
    kind: z.enum(["call"]),
    state: z.enum(approvalStates),
    asker: z.object({
      id: z.string(),
      kind: z.enum(["user", "service", "public"]),
      name: z.string(),
      email: z.string().optional(),
      client: z.string().optional().describe("By which client, as people know it"),
    }),
    subject: z.object({
      portal: z.string(),
      server: z.string(),
      method: z.string(),
      target: z.string().describe("The public name of what is called"),
      name: z.string().describe("The server's own name of it"),
      class: z.string(),
      address: z.string().describe("From where it was asked"),
      runId: z
        .string()
        .optional()
        .describe("The run of code that asked first for the call (Code Mode); absent: the client did"),
    }),
    needs: z.array(shownNeed),
    rejection: z.object({ by: z.string(), byName: z.string(), at: isoTime, reason: z.string() }).optional(),
    askedAt: isoTime,
    expiresAt: isoTime,
    decidedAt: isoTime.optional(),
    usedAt: isoTime.optional(),
    url: z.string().describe("The page on which people look at it and decide"),
  })
  .meta({ id: "Approval" });

export const seenApproval = shownApproval
  .extend({
    arguments: z
      .string()
      .optional()
      .describe("What exactly is asked for; for whoever asked and who may decide"),
    mayDecide: z.boolean().describe("Whether the caller may say yes or no by `decideApproval`"),
  })
  .meta({ id: "SeenApproval" });

export function showApproval(
  approval: Approval,
  { publicUrl }: Pick<ApiPorts, "publicUrl">,
): z.input<typeof shownApproval> {
  const { id, needs, met: done } = approval;
  return {
    ...approval,
    needs: needs.map((need, index) => ({ ...showNeed(need), met: done.find((each) => each.need === index) })),
    url: `${publicUrl}${approvalPath(id)}`,
  };
}

function showNeed(need: Need): z.input<typeof shownNeed> {
  if (need.kind === "purpose") return need;
  if (need.kind === "proof") return { ...need, methods: need.methods && [...need.methods] };
  const { self, groups, people } = need.deciders;
  return { ...need, deciders: { self, groups: groups && [...groups], people: people && [...people] } };
}
