/** What an admin allows a server to want of clients, and its pages to reach. */
import { parseUiHost, uiHostRule } from "@castellan/calls";
import { clientFeatures as known } from "@castellan/mcp";
import { z } from "zod";

/** Forms, pages, sampling, roots: what a server may ask of a client in the course of a call. */
export const clientFeatures = z
  .array(z.enum(known))
  .max(known.length)
  .refine((features) => new Set(features).size === features.length, "must not name a feature twice");

const maxHosts = 50;
const maxHostLength = 260;

/** Hosts that the server's pages (MCP Apps) may reach, in one spelling. */
export const uiHosts = z
  .array(
    z
      .string()
      .max(maxHostLength)
      .transform((text, context) => {
        const host = parseUiHost(text);
        if (host !== undefined) return host;
        context.addIssue({ code: "custom", message: `must be ${uiHostRule}` });
        return z.NEVER;
      }),
  )
  .max(maxHosts)
  .transform((hosts) => [...new Set(hosts)]);
