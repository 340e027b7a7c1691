import { z } from "zod";
import { defineRoute } from "../route.ts";

const verification = z
  .object({
    intact: z.boolean(),
    chains: z.number().describe("Chains that are in order"),
    rows: z.number().describe("Records that are in order"),
    broken: z
      .array(z.object({ chain: z.number(), seq: z.number(), breakage: z.string() }))
      .describe("The first broken place of each broken chain"),
    lastHead: z
      .object({ chain: z.number(), seq: z.number(), mac: z.string() })
      .optional()
      .describe("Kept elsewhere, it shows later whether the whole record was put back"),
  })
  .meta({ id: "Verification" });

export type Verification = z.output<typeof verification>;

export const verifyCalls = defineRoute({
  id: "verifyCalls",
  method: "GET",
  path: "/calls/verify",
  summary: "Recompute the chains of the record: was anything changed, removed or added?",
  permission: "read",
  query: z.strictObject({}),
  answer: verification,
  handler: async ({ clientGone }, { audit }) => {
    const { broken, ...verification } = await audit.verify({ signal: clientGone });
    return { ...verification, broken: [...broken] };
  },
});
