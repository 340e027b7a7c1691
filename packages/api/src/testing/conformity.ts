/** Holds answers of the API to its document: status, headers, media type, body. */
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { createDocument, type DocumentedResponse } from "../openapi/document.ts";
import { commonFailures } from "../openapi/failures.ts";
import { routes } from "../routes.ts";
import type { ClientAnswer } from "./client.ts";

export const document = createDocument(routes, "1.2.3");

const ajv = new Ajv2020({ strict: false, allErrors: true });
formats.default(ajv);
ajv.addSchema(document, "api");
const validators = new Map<string, ValidateFunction>();

const patterns = Object.keys(document.paths).map((path) => ({
  path,
  pattern: new RegExp(`^${path.replaceAll(/\{\w+\}/g, "[^/]+")}$`),
}));
const common = new Set(commonFailures.map(({ code }) => code));

/** Throws when the document does not say that this may be answered. `path` is below `/api/v1`, with its query. */
export function assertDocumented(method: string, path: string, answer: ClientAnswer): void {
  const [pathname = ""] = path.split("?", 1);
  const known = patterns.find(({ pattern }) => pattern.test(pathname))?.path ?? "";
  const responses = document.paths[known]?.[method.toLowerCase()]?.responses;
  if (responses === undefined) return;
  const { code } = (answer.body ?? {}) as { code?: string };
  const isCommon = answer.status >= 400 && code !== undefined && common.has(code);
  const name = isCommon ? "default" : String(answer.status);
  const where = `${method} ${pathname} → ${answer.status} ${code ?? ""}`;
  if (responses[name] === undefined) throw new Error(`${where} is not in the document`);
  const place = isCommon
    ? ["components", "responses", "Failure"]
    : ["paths", known, method.toLowerCase(), "responses", name];
  assertResponse(where, place, answer);
}

function assertResponse(where: string, place: readonly string[], { headers, body }: ClientAnswer): void {
  const response = place.reduce<unknown>((at, part) => (at as Record<string, unknown>)[part], document);
  const { content, headers: told = {} } = response as DocumentedResponse;
  for (const [name, { required }] of Object.entries(told) as [string, { required?: boolean }][])
    if (required === true && !headers.has(name)) throw new Error(`${where} lacks the header ${name}`);
  const [mediaType] = Object.keys(content ?? {});
  const given = headers.get("content-type")?.split(";", 1)[0];
  if (given !== mediaType) throw new Error(`${where} has the media type ${given}, not ${mediaType}`);
  if (mediaType === undefined) return;
  const pointer = [...place, "content", mediaType, "schema"].map(escape).join("/");
  let validate = validators.get(pointer);
  if (validate === undefined) validators.set(pointer, (validate = ajv.compile({ $ref: `api#/${pointer}` })));
  if (!validate(body)) throw new Error(`${where} is not as documented: ${ajv.errorsText(validate.errors)}`);
}

/** A member's name in a JSON pointer in a URI (RFC 6901 §6). */
function escape(name: string): string {
  return encodeURIComponent(name.replaceAll("~", "~0").replaceAll("/", "~1"));
}
