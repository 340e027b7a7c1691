/** A rule as an admin gives it for a new one, or for a change. */
import { ruleFields, wholeRule } from "@castellan/policy";
import { z } from "zod";
import { slug } from "../fields.ts";

export const ruleParams = z.strictObject({ name: slug });

export const newRule = z.strictObject({ name: slug, ...wholeRule }).meta({ id: "NewPolicy" });

const { stepUp, purpose, approval, startsAt, endsAt, ...fields } = ruleFields;

/** What is absent stays; null takes away. */
export const ruleChange = z
  .strictObject({
    ...z.strictObject(fields).partial().shape,
    stepUp: stepUp.nullable().optional(),
    purpose: purpose.nullable().optional(),
    approval: approval.nullable().optional(),
    startsAt: startsAt.nullable().optional(),
    endsAt: endsAt.nullable().optional(),
  })
  .refine((change) => Object.keys(change).length > 0, "must name something to change");
