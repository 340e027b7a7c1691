/** A server as a document describes it. What is absent is as it is for most. */
import {
  authProblems,
  headerNameProblem,
  kindProblems,
  maxHeaders,
  parseUiHost,
  serverTransports,
  uiHostRule,
  type SecretRef,
} from "@castellan/calls";
import { authSecretNames, upstreamAuth } from "@castellan/credentials";
import { clientFeatures } from "@castellan/mcp";
import { z } from "zod";
import { approvals, rejections } from "./approvals.ts";
import { autoAccept, kindFields, line, title } from "./fields.ts";
import { limits, syncIntervalSeconds } from "./limits.ts";
import { address, openapiEntry } from "./openapi-entry.ts";
import { bareSecretRef, secretRef } from "./secret-ref.ts";

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

const authSecret = bareSecretRef.exactOptional();

const authSecrets = z
  .strictObject({
    token: authSecret,
    password: authSecret,
    clientSecret: authSecret,
    privateKey: authSecret,
  })
  .prefault({})
  .meta({ description: "Secrets of the auth, each by where it is kept" });

const uiHost = z.string().transform((text, context) => {
  const host = parseUiHost(text);
  if (host !== undefined) return host;
  context.addIssue({ code: "custom", message: `must be ${uiHostRule}` });
  return z.NEVER;
});

export const serverEntry = z
  .strictObject({
    url: address.meta({
      description:
        "https, or http to an address in allowPrivate. Of an API: what the paths of its document follow on",
    }),
    openapi: openapiEntry
      .exactOptional()
      .meta({ description: "The server is an API that this document describes (OpenAPI 3.0 or 3.1)" }),
    title: title.optional().meta({ description: "Absent: the slug" }),
    description: line(0, 1000).default("").meta({ description: "What it is for, in a sentence" }),
    transport: z.enum(serverTransports).default("auto").meta({ description: "How it is spoken to" }),
    headers,
    auth: upstreamAuth
      .prefault({ kind: "auto" })
      .meta({ description: "How requests to it are authorized, besides the headers" }),
    authSecrets,
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
  .superRefine(({ auth, authSecrets, headers }, context) => {
    const given = {
      auth,
      authSecretNames: authSecretNames.filter((name) => authSecrets[name] !== undefined),
      headerNames: Object.keys(headers),
    };
    for (const { field, reason } of authProblems(given))
      context.addIssue({ code: "custom", path: field.split("."), message: reason });
  })
  .superRefine((entry, context) => {
    const kind = entry.openapi ? "openapi" : "mcp";
    for (const { field, reason } of kindProblems({ ...entry, kind, face: entry.openapi?.face }))
      context.addIssue({ code: "custom", path: [field], message: reason });
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
