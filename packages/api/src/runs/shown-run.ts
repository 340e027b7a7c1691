/** A run of code, as the API shows it. */
import { runStates, runTools, type Run, type RunCall, type RunDetails } from "@castellan/codemode";
import { z } from "zod";
import { id, isoTime, pageLimit, slug, time } from "../fields.ts";

export const shownRun = z
  .object({
    id: z.string(),
    state: z
      .enum(runStates)
      .describe(
        "`running`; `paused`: it waits for people, or for its caller to come back; `completed`; `failed`; `expired`: nobody decided in time; `cancelled`",
      ),
    tool: z.enum(runTools).describe("Whether it explores what there is, or calls it"),
    portal: z.string(),
    server: z
      .string()
      .optional()
      .describe("The API over which it runs; absent: over all tools of the portal"),
    servers: z
      .array(z.string())
      .optional()
      .describe("Where the connection holds these servers of the portal only"),
    caller: z.object({
      kind: z.enum(["user", "service", "public"]),
      id: z.string(),
      name: z.string(),
      clientId: z.string().optional().describe("The OAuth client by which they came"),
    }),
    callId: z.string().describe("The recorded call that began it: the parent of those that it makes"),
    startedAt: isoTime,
    endedAt: isoTime.optional(),
    expiresAt: isoTime.describe("When it is given up, where it waits; else until when its result is kept"),
    waits: z.array(
      z.object({
        kind: z.enum(["approval", "link"]),
        id: z.string(),
        url: z.string().describe("The page on which somebody sees to it"),
        message: z.string(),
        tool: z.string().describe("What is to be called"),
      }),
    ),
    error: z.string().optional().describe("The code of the failure that it ended with"),
    resultBytes: z.number().optional().describe("Of what it returned"),
    use: z.object({
      wallMs: z.number(),
      cpuMs: z.number(),
      passes: z.number().describe("How often it was run: once more after each time that it waited"),
      calls: z.number(),
    }),
  })
  .meta({ id: "Run" });

/** Calls that go to servers; what the host answers itself is none. */
const callMethods = ["tools/call", "resources/read", "prompts/get"] as const;

const shownRunCall = z.object({
  callId: z.string().describe("The recorded call"),
  method: z.enum(callMethods),
  target: z.string().describe("Public name, or URI"),
  class: z.string().optional(),
  state: z
    .enum(["asked", "intended", "waiting", "done"])
    .describe(
      "`asked`: nothing that changes anything has come of it; `intended`: under way, or nobody knows whether it was carried out; `waiting`: for a person, and not carried out",
    ),
  error: z.string().optional().describe("The code that it failed with"),
  durationMs: z.number().optional(),
});

export const seenRun = shownRun
  .extend({
    code: z.string().describe("As it was sent"),
    message: z.string().optional().describe("Why it failed"),
    calls: z.array(shownRunCall).describe("What it called, in the order in which it did"),
  })
  .meta({ id: "SeenRun" });

export const ownRun = seenRun
  .extend({
    logs: z.array(z.object({ level: z.string(), text: z.string() })),
    result: z
      .string()
      .optional()
      .describe("What it returned, as JSON; absent: nothing, or it is not kept any more"),
  })
  .meta({ id: "OwnRun" });

export function showRun(run: Run): z.input<typeof shownRun> {
  const { id: runId, state, tool, portal, room, narrowedTo, caller, outcome, use } = run;
  return {
    id: runId,
    state,
    tool,
    portal,
    server: room.kind === "api" ? room.server : undefined,
    servers: narrowedTo && [...narrowedTo],
    caller: {
      kind: caller.principalKind,
      id: caller.principalId,
      name: caller.principalName,
      clientId: caller.clientId,
    },
    callId: run.callId,
    startedAt: run.startedAt,
    endedAt: run.endedAt,
    expiresAt: run.expiresAt,
    waits: [...run.waits],
    error: outcome?.kind === "failed" ? outcome.code : undefined,
    resultBytes: outcome?.kind === "returned" ? outcome.bytes : undefined,
    use,
  };
}

/** Without what it returned and logged: that is its caller's. */
export function showRunDetails(run: RunDetails): z.input<typeof seenRun> {
  return { ...showRun(run), code: run.code, message: run.message, calls: run.calls.flatMap(showRunCall) };
}

function showRunCall({ errorCode, ...call }: RunCall): z.input<typeof shownRunCall>[] {
  const method = callMethods.find((one) => one === call.method);
  return method === undefined ? [] : [{ ...call, method, error: errorCode }];
}

const maxPage = 200;
export const defaultPage = 50;

export const runQuery = {
  state: z.enum(runStates).optional(),
  portal: slug.optional(),
  since: time.optional().describe("Begun at this time or later"),
  limit: pageLimit(maxPage).optional(),
  cursor: id("run").optional().describe("Where the page before ended: its `nextCursor`"),
};

export const runPage = z.object({ items: z.array(shownRun), nextCursor: z.string().optional() });
