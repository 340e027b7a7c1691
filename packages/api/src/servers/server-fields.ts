/** Fields of a server, as an admin gives them for a new one or for a change. */
import { definitionKinds, serverTransports } from "@castellan/calls";
import { serverLimits } from "@castellan/configuration";
import { z } from "zod";
import { printable, title } from "../fields.ts";
import { clientFeatures, uiHosts } from "./permissions.ts";

const maxUrlLength = 2048;

const autoAccept = z
  .array(z.enum(definitionKinds))
  .max(definitionKinds.length)
  .refine((kinds) => new Set(kinds).size === kinds.length, "must not name a kind twice");

export const serverFields = {
  title,
  description: printable(1000, 0).meta({ description: "What it is for, in a sentence" }),
  url: z.string().max(maxUrlLength).meta({ description: "https, or http to an address in `allowPrivate`" }),
  transport: z.enum(serverTransports).meta({
    description: "How it is spoken to. `auto` finds out, at the URL or at `/mcp` or `/sse` below it",
  }),
  allowPrivate: z.array(z.string().max(255)).max(50).meta({
    description:
      "Hosts, `host:port`, addresses or CIDRs that this server may be at although they are not public",
  }),
  clientFeatures,
  uiHosts,
  autoAccept: autoAccept.meta({
    description: "Kinds whose new and changed definitions take effect without a person's approval",
  }),
  limits: serverLimits,
};
