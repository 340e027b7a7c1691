/** What has been decided about the definitions of a server, each bound to all that it says. */
import { toolClasses } from "@castellan/calls";
import { z } from "zod";
import { byName } from "./fields.ts";

const fingerprint = z
  .string()
  .regex(/^sha256:[0-9a-f]{64}$/, "must be sha256: and 64 lower-case hex digits")
  .meta({
    description: "Of the definition, as it is shown where definitions are listed; any other is not meant",
  });

const approval = z.strictObject({ fingerprint });
const toolApproval = z.strictObject({
  fingerprint,
  class: z
    .enum(toolClasses)
    .meta({ description: "What the tool may do; absent: as its annotations say" })
    .optional(),
});

export const approvals = z
  .strictObject({
    tools: byName(toolApproval),
    prompts: byName(approval),
    resources: byName(approval),
    resourceTemplates: byName(approval),
    instructions: byName(approval),
  })
  .meta({ description: "Exactly these are approved; without this field approvals are left alone" });

const rejected = byName(fingerprint);

export const rejections = z
  .strictObject({
    tools: rejected,
    prompts: rejected,
    resources: rejected,
    resourceTemplates: rejected,
    instructions: rejected,
  })
  .meta({
    description: "Exactly these are rejected, by fingerprint; without this field rejections are left alone",
  });

export type Rejections = z.output<typeof rejections>;
export type Approvals = z.output<typeof approvals>;
