/** A server as a document describes it. What is absent is as it is for most. */
import {
  headerNameProblem,
  maxHeaders,
  parseUiHost,
  serverTransports,
  uiHostRule,
  type SecretRef,
} from "@castellan/calls";
import { clientFeatures } from "@castellan/mcp";
import { z } from "zod";
import { approvals, rejections } from "./approvals.ts";
import { autoAccept, kindFields, line, title } from "./fields.ts";
import { limits, syncIntervalSeconds } from "./limits.ts";
import { secretRef } from "./secret-ref.ts";

/** In one spelling; whether it may be called is judged with `allowPrivate`, later. */
const url = z
  .string()
  .max(2048)
  .transform((text, context) => {
    const parsed = URL.parse(text);
    if (parsed?.protocol === "https:" || parsed?.protocol === "http:") {
      // A fragment is not sent to anyone (RFC 9110 §4.2.5).
      parsed.hash = "";
      return parsed.href;
    }
    context.addIssue({ code: "custom", message: "must be an http or https URL" });
    return z.NEVER;
  });

const headers = z
  .record(z.string(), secretRef)
  .transform((given, context) => {
    const names = new Map<string, SecretRef>();
    const refuse = (path: string[], message: string) => context.addIssue({ code: "custom", path, message });
    if (Object.keys(given).length > maxHeaders) refuse([], `must have at most ${maxHeaders} entries`);
    for (const [name, ref] of Object.entries(given)) {
      const problem = headerNameProblem(name);
      if (problem !== undefined) refuse([name], problem);
      else if (names.has(name.toLowerCase())) refuse([name], "is given twice");
      else names.set(name.toLowerCase(), ref);
    }
    return Object.fromEntries(names) as Readonly<Record<string, SecretRef>>;
  })
  .prefault({})
  .meta({ description: "Headers that are sent with every request, each by where its secret is kept" });

const uiHost = z.string().transform((text, context) => {
  const host = parseUiHost(text);
  if (host !== undefined) return host;
  context.addIssue({ code: "custom", message: `must be ${uiHostRule}` });
  return z.NEVER;
});

export const serverEntry = z
  .strictObject({
    url: url.meta({ description: "https, or http to an address in allowPrivate" }),
    title: title.optional().meta({ description: "Absent: the slug" }),
    description: line(0, 1000).default("").meta({ description: "What it is for, in a sentence" }),
    transport: z.enum(serverTransports).default("auto").meta({ description: "How it is spoken to" }),
    headers,
    allowPrivate: z.array(z.string().max(255)).max(50).default([]).meta({
      description: "Hosts, host:port, addresses or CIDRs that it may be at although they are not public",
    }),
    clientFeatures: z
      .array(z.enum(clientFeatures))
      .transform((given) => clientFeatures.filter((feature) => given.includes(feature)))
      .prefault([])
      .meta({ description: "What it may want of clients" }),
    uiHosts: z
      .array(uiHost)
      .max(50)
      .transform((hosts) => [...new Set(hosts)])
      .prefault([])
      .meta({ description: `Hosts that its pages may reach, each ${uiHostRule}` }),
    autoAccept,
    limits,
    syncIntervalSeconds: syncIntervalSeconds.optional().meta({
      description: "How often its lists are read; absent: as the process is set",
    }),
    approvals: approvals.optional(),
    rejections: rejections.optional(),
  })
  .superRefine((entry, context) => {
    for (const field of kindFields)
      for (const [name, fingerprint] of Object.entries(entry.rejections?.[field] ?? {}))
        if (entry.approvals?.[field][name]?.fingerprint === fingerprint)
          context.addIssue({
            code: "custom",
            path: ["rejections", field, name],
            message: "is approved as well",
          });
  });
