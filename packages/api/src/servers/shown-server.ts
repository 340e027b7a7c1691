/** A server as the API shows it: everything but the values of its headers and secrets. */
import { definitionKinds, serverTransports, shownStatuses } from "@castellan/calls";
import { serverLimits } from "@castellan/configuration";
import { authSecretNames } from "@castellan/credentials";
import { clientFeatures } from "@castellan/mcp";
import { z } from "zod";
import { isoTime } from "../fields.ts";
import { shownAuth } from "./auth-fields.ts";
import { shownOpenapi } from "./openapi-fields.ts";

const names = z.array(z.string());
const count = z.int().nonnegative();

const errorDetails = z
  .object({ status: z.int().optional(), rpcCode: z.number().optional() })
  .describe("The HTTP status that it answered with, and the code of its JSON-RPC error");

const shownState = z
  .object({
    status: z.enum(shownStatuses).describe("`needs_attention`: `attention` says what an admin has to do"),
    attention: z.array(z.object({ code: z.string(), message: z.string() })),
    attemptedAt: isoTime.optional(),
    syncedAt: isoTime.optional(),
    latencyMs: z.number().optional(),
    /** Why the last attempt to read it failed; what an earlier one found is offered still. */
    error: z
      .object({
        code: z.string(),
        message: z.string(),
        details: errorDetails.optional(),
      })
      .optional(),
    isCircuitOpen: z
      .boolean()
      .describe(
        "Whether calls to it are refused at present, since the last ones that this replica made found nobody",
      ),
    asksForOAuth: z
      .boolean()
      .describe("Whether `auto` was found to mean that each person signs in there with their own account"),
    skipped: names,
    failedLists: z
      .array(
        z.object({
          list: z.enum(["tools/list", "prompts/list", "resources/list", "resources/templates/list"]),
          code: z.string(),
          message: z.string(),
          details: errorDetails.optional(),
        }),
      )
      .describe(
        "Lists that it could not give when it was last read, while it gave others: what it listed there before is offered still",
      ),
    eras: z.array(z.enum(["legacy", "modern"])),
    legacyTransport: z.string().optional(),
    foundBelow: z.string().optional().describe("Where below its URL it was found: `/mcp` or `/sse`"),
  })
  .meta({ id: "ServerState" });

export const shownServer = z
  .object({
    slug: z.string(),
    kind: z.enum(["mcp", "openapi"]).describe("`openapi`: an API, spoken to by its document"),
    openapi: shownOpenapi.optional(),
    title: z.string(),
    description: z.string(),
    url: z
      .string()
      .describe(
        "Of an API: what the paths of its document follow on. It stays what it is, whatever a newer document says",
      ),
    transport: z.enum(serverTransports),
    headerNames: names,
    headerRefs: z.record(z.string(), z.object({ secretRef: z.string(), prefix: z.string().optional() })),
    auth: shownAuth,
    authSecretNames: z.array(z.enum(authSecretNames)).describe("Which secrets of the auth are set"),
    authRefs: z.partialRecord(z.enum(authSecretNames), z.object({ secretRef: z.string() })),
    redirectUri: z
      .string()
      .optional()
      .describe("What to enter where a client is registered by hand at `auth.issuer`"),
    clientMetadataUrl: z
      .string()
      .optional()
      .describe(
        "What this installation calls itself there, if that authorization server reads such documents",
      ),
    allowPrivate: names,
    clientFeatures: z.array(z.enum(clientFeatures)),
    uiHosts: names,
    autoAccept: z.array(z.enum(definitionKinds)),
    limits: serverLimits,
    unmatchedLimits: names.describe(
      "Tools in `limits` that the server does not list: it renamed them, took them back, or was not read yet",
    ),
    syncIntervalSeconds: z.int().optional(),
    managedBy: z.string().optional(),
    version: z.int(),
    createdAt: isoTime,
    updatedAt: isoTime,
    state: shownState,
    counts: z
      .object({ tools: count, prompts: count, resources: count, resourceTemplates: count })
      .describe("How many of each kind it offers to portals"),
    /** What has been decided about all that it lists. */
    definitions: z.object({
      fingerprint: z
        .string()
        .optional()
        .describe("Of all of them together; absent as long as they are not known here"),
      approved: count,
      accepted: count,
      new: count,
      changed: count,
      rejected: count,
    }),
  })
  .meta({ id: "Server" });

export const detailedServer = shownServer
  .extend({
    offered: z
      .object({ tools: names, prompts: names, resources: names, resourceTemplates: names })
      .describe("What it offers to portals, in its own names"),
    skippedOperations: names
      .optional()
      .describe("Of an API: operations of the document that are no tools, each with the reason"),
  })
  .meta({ id: "DetailedServer" });

/** As it travels: what a client of the API reads. */
export type ShownServer = z.output<typeof shownServer>;
export type DetailedServer = z.output<typeof detailedServer>;
