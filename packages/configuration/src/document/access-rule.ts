/** A rule of a portal as a document gives it: who may use what there. */
import {
  isSoundRule,
  momentRule,
  toMoment,
  toPlainRule,
  toWho,
  toolClasses,
  whoRule,
} from "@castellan/access";
import { z } from "zod";
import { slug } from "./fields.ts";

const who = z
  .string()
  .max(300)
  .transform((text, context) => {
    const known = toWho(text);
    if (known !== undefined) return known;
    context.addIssue({ code: "custom", message: `must be ${whoRule}` });
    return z.NEVER;
  })
  .meta({ description: whoRule });

const until = z
  .string()
  .max(40)
  .transform((text, context) => {
    const known = toMoment(text);
    if (known !== undefined) return known;
    context.addIssue({ code: "custom", message: `must be ${momentRule}` });
    return z.NEVER;
  });

export const accessRule = z
  .strictObject({
    who,
    classes: z.array(z.enum(toolClasses)).min(1).meta({
      description: "What they may use; prompts and resources are read",
    }),
    servers: z.array(slug).min(1).max(1000).optional().meta({
      description: "Servers of the portal that it is about; absent: all, later ones too",
    }),
    until: until.optional().meta({
      description: "From then on it gives nothing; absent: it does not end by itself",
    }),
  })
  .refine(isSoundRule, "must be about read only, where it is about the public")
  .transform(toPlainRule);
