/** An external evaluator of devices and sessions, as a document describes it. */
import { evaluatorBounds } from "@castellan/policy";
import { z } from "zod";
import { title } from "./fields.ts";

const { timeoutMs, cacheSeconds } = evaluatorBounds;
const address = z
  .string()
  .max(2048)
  .transform((text) => URL.parse(text)?.href ?? text);

export const evaluatorEntry = z.strictObject({
  title: title.optional().meta({ description: "Absent: the slug" }),
  url: address.meta({ description: "Where it is asked" }),
  keysUrl: address.meta({ description: "Where its public keys are (a JWK set)" }),
  allowPrivate: z.array(z.string().max(255)).max(50).default([]).meta({
    description: "Hosts, host:port, addresses or CIDRs at which both may be although they are not public",
  }),
  timeoutMs: z.int().min(timeoutMs.min).max(timeoutMs.max).default(timeoutMs.fallback).meta({
    description: "How long it may take to answer",
  }),
  cacheSeconds: z.int().min(cacheSeconds.min).max(cacheSeconds.max).default(cacheSeconds.fallback).meta({
    description: "For how long an answer holds; 0: for that request",
  }),
});
