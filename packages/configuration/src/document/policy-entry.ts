/** A rule of the policy as a document describes it: as the API takes it, with its dates in one spelling. */
import { wholeRule } from "@castellan/policy";
import { z } from "zod";

const moment = z.iso.datetime({ offset: true }).transform((text) => new Date(text).toISOString());

export const policyEntry = z.strictObject({
  ...wholeRule,
  startsAt: moment.optional().meta({ description: "It holds from then on" }),
  endsAt: moment.optional().meta({ description: "It holds until then" }),
});
