import { isGranted, livingRules, reachOf } from "@castellan/access";
import { callerOf, knownTools } from "@castellan/calls";
import { explain, levels, outcomes, ruleActions, useClasses, type Explanation } from "@castellan/policy";
import { invalidInput } from "@castellan/kernel";
import { z } from "zod";
import { printable, slug, time } from "../fields.ts";
import type { ApiPorts } from "../ports.ts";
import { defineRoute } from "../route.ts";
import { askedCaller, findAsked } from "./asked-caller.ts";
import { shownSelector } from "./shown-policy.ts";
import { askedConnection, toConnection } from "./asked-connection.ts";

const askedCall = z
  .strictObject({
    portal: slug,
    server: slug,
    tool: printable(512)
      .optional()
      .meta({ description: "By the server's own name; absent: a prompt or resource" }),
    class: z.enum(useClasses).optional().meta({ description: "Absent: the tool's; without a tool `read`" }),
    method: printable(128).default("tools/call"),
    arguments: z.record(z.string(), z.unknown()).optional().meta({ description: "Absent: not known" }),
    at: time.optional().meta({ description: "When. Absent: now" }),
  })
  .meta({ id: "AskedCall" });

const seconds = z.number().optional();

const demand = z.object({
  kind: z.enum(["approval", "step_up", "purpose"]),
  rule: z.string(),
  withinSeconds: seconds,
  methods: z.array(z.string()).optional(),
  deciders: z
    .object({
      self: z.boolean().optional(),
      groups: z.array(z.string()).optional(),
      people: z.array(z.string()).optional(),
    })
    .optional(),
  expiresSeconds: seconds,
  remindSeconds: seconds,
  holdsSeconds: seconds,
});

const fit = z.enum(["no", "unknown", "yes"]);

const explainedSelector = z.object({
  part: z.enum(["include", "require", "exclude"]),
  selector: shownSelector,
  fits: fit,
  words: z.string(),
});

const answer = z
  .object({
    isLetThrough: z.boolean().meta({
      description:
        "Whether the call goes through: it is granted, and no rule refuses it or wants something first",
    }),
    isGranted: z.boolean().meta({
      description:
        "Whether the portal's access rules, or the program's scopes, give it at all; rules only take away",
    }),
    outcome: z
      .enum(outcomes)
      .meta({ description: "What the rules say; `ask`: it goes through once the demands are met" }),
    levels: z.array(
      z.object({
        level: z.enum(levels),
        outcome: z.enum(outcomes),
        why: z.enum(["blocked", "asked", "allowed", "not_allowed", "inherited"]),
        rules: z.array(z.string()),
      }),
    ),
    demands: z.array(demand),
    isForPeople: z.boolean().meta({
      description:
        "Whether rules want a proof or a purpose of a caller who is no person: then the call is refused, whatever `outcome` says",
    }),
    rules: z
      .array(
        z.object({
          name: z.string(),
          action: z.enum(ruleActions),
          level: z.enum(levels),
          state: z.enum(["in_force", "disabled", "not_yet", "over"]),
          fits: fit,
          effect: z
            .enum(["blocks", "asks", "allows", "none"])
            .meta({ description: "What it adds to the decision" }),
          selectors: z.array(explainedSelector),
        }),
      )
      .meta({ description: "Each rule that is attached to where the call goes" }),
    elsewhere: z.int().meta({ description: "How many rules are attached elsewhere" }),
    looksAt: z
      .object({
        kind: z.enum(["user", "service", "public"]),
        id: z.string(),
        name: z.string(),
        email: z.string().optional(),
        groups: z.array(z.string()),
        provider: z.string().optional(),
        amr: z.array(z.string()),
        clientId: z.string().optional(),
        address: z.string(),
        country: z.string(),
        class: z.enum(useClasses),
      })
      .meta({ description: "Who and where it was asked about" }),
  })
  .meta({ id: "PolicyExplanation" });

/** Looked at as of now: nobody is asked for anything, and evaluators say what the question has them say. */
export const explainPolicy = defineRoute({
  id: "explainPolicy",
  method: "POST",
  path: "/policy/explain",
  summary: "Say whether somebody would be let make a call, and which rules say so",
  permission: "read",
  errors: ["portal_not_found", "user_not_found"],
  body: z.strictObject({
    caller: askedCaller,
    connection: askedConnection.prefault({}),
    call: askedCall,
  }),
  answer,
  handler: async ({ body: { caller: asked, connection: from, call } }, ports) => {
    const portal = await ports.portals.get(call.portal);
    const toolClass = await classOf(call, ports);
    if (!portal.servers.includes(call.server))
      throw invalidInput([
        { field: "call.server", reason: `must be one of the portal's: ${portal.servers.join(", ")}` },
      ]);
    const principal = await findAsked(asked, ports);
    const caller = callerOf(principal);
    const connection = toConnection(from, ports);
    const use = {
      portal: portal.slug,
      server: call.server,
      class: toolClass,
      tool: call.tool,
      method: call.method,
      arguments: call.arguments,
      nowMs: call.at?.getTime() ?? ports.clock.now(),
    };
    const explanation = explain(await ports.policies.list(), caller, connection, use);
    const gate = { ...portal, access: livingRules(portal.access, use.nowMs) };
    const granted = isGranted(reachOf(principal, gate), { server: call.server, toolClass });
    return {
      ...toShown(explanation),
      isLetThrough: granted && explanation.decision.outcome === "allow",
      isGranted: granted,
      isForPeople:
        caller.kind !== "user" && explanation.decision.demands.some(({ kind }) => kind !== "approval"),
      looksAt: {
        ...caller,
        groups: [...caller.groups],
        amr: [...caller.amr],
        address: connection.address,
        country: connection.country,
        class: toolClass,
      },
    };
  },
});

async function classOf(
  { server, tool, class: given }: z.output<typeof askedCall>,
  { database }: Pick<ApiPorts, "database">,
) {
  if (given !== undefined || tool === undefined) return given ?? "read";
  const known = (await knownTools(database, server))?.find(({ name }) => name === tool);
  if (known) return known.class;
  const reason =
    "is none of the names that the server itself has for its tools (portals may show others); give that, or its class";
  throw invalidInput([{ field: "call.tool", reason }]);
}

function toShown({ decision, rules, elsewhere }: Explanation) {
  return {
    outcome: decision.outcome,
    levels: decision.levels.map((level) => ({ ...level, rules: [...level.rules] })),
    // Read-only lists, which nobody writes to.
    demands: decision.demands as z.input<typeof demand>[],
    rules: rules.map((rule) => ({
      ...rule,
      selectors: rule.selectors as z.input<typeof explainedSelector>[],
    })),
    elsewhere,
  };
}
