import { z } from "zod";
import { defineRoute } from "../route.ts";

const verification = z.object({
  intact: z.boolean(),
  /** Chains, and records, that are in order. */
  chains: z.number(),
  rows: z.number(),
  /** The first broken place of each broken chain. */
  broken: z.array(z.object({ chain: z.number(), seq: z.number(), breakage: z.string() })),
  /** Kept elsewhere, it shows later whether the whole record was put back. */
  lastHead: z.object({ chain: z.number(), seq: z.number(), mac: z.string() }).optional(),
});

export type Verification = z.output<typeof verification>;

export const verifyCalls = defineRoute({
  method: "GET",
  path: "/calls/verify",
  summary: "Recompute the chains of the record: was anything changed, removed or added?",
  role: "admin",
  query: z.strictObject({}),
  answer: verification,
  handler: async ({ clientGone }, { audit }) => {
    const { broken, ...verification } = await audit.verify({ signal: clientGone });
    return { ...verification, broken: [...broken] };
  },
});
