/** Fields of an evaluator, as an admin gives them. */
import { evaluatorBounds } from "@castellan/policy";
import { z } from "zod";
import { printable, title } from "../fields.ts";

const { timeoutMs, cacheSeconds } = evaluatorBounds;
const url = z.string().max(2048);

export const evaluatorFields = {
  title,
  url: url.meta({ description: "Where it is asked: a POST with a signed question" }),
  keysUrl: url.meta({
    description: "Where its public keys are (RFC 7517 §5); its answers are signed with one of them",
  }),
  allowPrivate: z.array(printable(255)).max(50).meta({
    description: "Hosts, `host:port`, addresses or CIDRs that both may be at although they are not public",
  }),
  timeoutMs: z.int().min(timeoutMs.min).max(timeoutMs.max).meta({
    description: "How long it may take to answer, in milliseconds; callers wait for it",
  }),
  cacheSeconds: z.int().min(cacheSeconds.min).max(cacheSeconds.max).meta({
    description: "How long an answer holds for the same caller, client, address and certificate",
  }),
};
