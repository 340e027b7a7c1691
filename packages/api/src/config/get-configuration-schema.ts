import { documentJsonSchema } from "@castellan/configuration";
import { z } from "zod";
import { defineRoute } from "../route.ts";

export const getConfigurationSchema = defineRoute({
  id: "getConfigurationSchema",
  method: "GET",
  path: "/config/schema",
  summary: "The JSON schema of configuration documents, for editors",
  permission: "use",
  answer: z.record(z.string(), z.unknown()),
  handler: () => Promise.resolve(documentJsonSchema()),
});
