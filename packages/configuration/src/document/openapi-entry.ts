/** The document of a server that is an API. */
import { apiFaces } from "@castellan/calls";
import { z } from "zod";

const maxPathLength = 1_024;

/** In one spelling; whether it may be called is judged with `allowPrivate`, later. */
export const address = z
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

export const openapiEntry = z
  .strictObject({
    url: address.exactOptional().meta({ description: "Where it is fetched, daily" }),
    file: z.string().min(1).max(maxPathLength).exactOptional().meta({
      description: "Its path from the folder of the configuration file: whoever applies it reads it",
    }),
    document: z.string().min(1).exactOptional().meta({ description: "Its text, JSON or YAML" }),
    face: z.enum(apiFaces).default("tools").meta({
      description: "tools: one for each operation. code: two, which take code over the document",
    }),
  })
  .refine(
    ({ url, file, document }) => [url, file, document].filter((one) => one !== undefined).length === 1,
    {
      message: "must have either url, file or document",
    },
  );

export type OpenapiEntry = z.output<typeof openapiEntry>;
