/** An evaluator as the API shows it. */
import type { Evaluator } from "@castellan/policy";
import { z } from "zod";
import { isoTime } from "../fields.ts";

export const shownEvaluator = z
  .object({
    id: z.string(),
    slug: z.string(),
    title: z.string(),
    url: z.string(),
    keysUrl: z.string(),
    allowPrivate: z.array(z.string()),
    timeoutMs: z.int(),
    cacheSeconds: z.int(),
    version: z.int(),
    createdAt: isoTime,
    updatedAt: isoTime,
  })
  .meta({ id: "Evaluator" });

export function toShownEvaluator(evaluator: Evaluator): z.input<typeof shownEvaluator> {
  return { ...evaluator, allowPrivate: [...evaluator.allowPrivate] };
}
