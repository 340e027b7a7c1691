import { z } from "zod";
import { configurationDocument } from "./document.ts";

/** The JSON schema (2020-12) of a document as it is written, for editors: completion, hover texts, red lines. */
export function documentJsonSchema(): Record<string, unknown> {
  return { ...z.toJSONSchema(configurationDocument, { io: "input" }) };
}
