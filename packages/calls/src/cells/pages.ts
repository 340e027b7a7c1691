/**
 * The error by which a legacy server has a person visit pages before the call can succeed (2025-11-25,
 * `-32042`). A client may open them at once, so they are questions like those that a server asks on its way.
 */
import {
  urlElicitationsOf,
  withoutElicitationId,
  type ErrorMessage,
  type InputRequest,
} from "@castellan/mcp";
import { admitQuestions, type Asking } from "../server-messages/admit-questions.ts";
import type { RecordPorts } from "../server-messages/record.ts";

/**
 * The pages, judged and on record; undefined for an error that names none in the form of the spec.
 * Throws what `admitQuestions` does.
 */
export async function admitPages(
  response: ErrorMessage,
  asking: Asking,
  ports: RecordPorts,
): Promise<readonly InputRequest[] | undefined> {
  const pages = urlElicitationsOf(response)?.map(({ params }, at) => ({
    key: `page${at + 1}`,
    method: "elicitation/create",
    params: withoutElicitationId(params),
  }));
  if (pages) await admitQuestions(pages, asking, ports);
  return pages;
}
