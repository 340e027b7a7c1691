import { z } from "zod";
import { slug } from "../fields.ts";
import { defineRoute } from "../route.ts";

export const exportConfiguration = defineRoute({
  id: "exportConfiguration",
  method: "GET",
  path: "/config/export",
  summary: "Describe the installation as a configuration document: servers, portals, and who comes in",
  permission: "read",
  query: z.strictObject({
    name: slug.optional().meta({ description: "The name that the document gets. Default: castellan" }),
  }),
  answer: z.record(z.string(), z.unknown()).meta({
    description:
      "A document as the JSON schema describes it, without secrets and without what is as by default",
  }),
  handler: ({ query }, { configuration }) => configuration.export(query.name ?? "castellan"),
});
