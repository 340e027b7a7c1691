/** All operations of a document: those that can be used, and why the others cannot. */
import { isObject } from "@castellan/mcp";
import type { SkippedOperation, Source } from "../document/api-document.ts";
import type { CredentialPlaces } from "../document/api-keys.ts";
import { ownBasePath, type Whereabouts } from "../document/base-url.ts";
import { member, membersOf, textMember } from "../document/members.ts";
import { dereference, pointerOf, valueAt } from "../document/pointer.ts";
import { Unusable } from "../document/unusable.ts";
import { readAnswers } from "./answers.ts";
import { fitTools } from "./fit-tools.ts";
import { httpMethods, type HttpMethod, type Operation } from "./operation.ts";
import { OperationNames } from "./operation-name.ts";
import { readParameters } from "./parameters.ts";
import { parsePath } from "./path-template.ts";
import { requestForm } from "./request-form.ts";
import { readRequestBody, type ReadBody } from "./request-body.ts";
import { Schemas } from "./schemas/schemas.ts";
import type { ToolParts } from "./tool.ts";

export interface ReadOperations {
  readonly operations: readonly Operation[];
  readonly skipped: readonly SkippedOperation[];
}

interface Context {
  readonly source: Source;
  readonly where: Whereabouts;
  readonly credentials: CredentialPlaces;
}

export type UntoldOperation = Omit<Operation, "tool" | "parameters" | "body"> & { readonly parts: ToolParts };

type NamelessOperation = Omit<UntoldOperation, "parts"> & { readonly parts: Omit<ToolParts, "name"> };

export function readOperations(
  source: Source,
  options: {
    readonly where: Whereabouts;
    readonly credentials: CredentialPlaces;
    readonly maxOperations: number;
  },
): ReadOperations {
  const context: Context = { ...options, source };
  const skipped: SkippedOperation[] = [];
  const nameless: NamelessOperation[] = [];
  for (const [path, item] of membersOf(member(source.root, "paths"))) {
    if (path.startsWith("x-")) continue;
    const pathItem = orSkip(skipped, "*", path, () => resolveItem(source.root, item));
    for (const method of methodsOf(pathItem)) {
      const operation = orSkip(skipped, method, path, () => {
        if (nameless.length >= options.maxOperations)
          throw new Unusable(
            `comes after the first ${options.maxOperations}, which are the most that are used`,
          );
        return readOperation(context, { method, path, pathItem });
      });
      if (operation) nameless.push(operation);
    }
    if (isObject(pathItem) && pathItem["trace"] !== undefined)
      skipped.push({ method: "TRACE", path, reason: "is of a method that is not used" });
  }
  const schemas = new Schemas(source);
  const operations = fitTools(named(nameless), schemas, ({ method, path }, reason) =>
    skipped.push({ method, path, reason }),
  );
  return { operations, skipped };
}

/** Of several with one `operationId`, the first by path and method has it for a name, wherever it is in the document. */
function named(nameless: readonly NamelessOperation[]): readonly UntoldOperation[] {
  const names = new OperationNames();
  const taken = new Map<NamelessOperation, string>();
  const byPlace = nameless.toSorted((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1));
  for (const operation of byPlace) {
    const { method, path, parts } = operation;
    taken.set(operation, names.take({ id: textMember(parts.given, "operationId"), method, path }));
  }
  return nameless.map((operation) => {
    const { parts, ...rest } = operation;
    return { ...rest, parts: { ...parts, name: taken.get(operation) ?? "" } };
  });
}

function placeOf({ method, path }: NamelessOperation): string {
  return `${path} ${method}`;
}

/** A path item may be a reference, with more beside it (§4.8.9). */
export function resolveItem(root: unknown, item: unknown): unknown {
  const ref = textMember(item, "$ref");
  if (ref === undefined || !isObject(item)) return item;
  const meant = dereference(root, valueAt(root, pointerOf(ref)));
  return isObject(meant) ? { ...meant, ...item } : item;
}

function methodsOf(pathItem: unknown): readonly HttpMethod[] {
  const lower = new Set<string>(httpMethods);
  return membersOf(pathItem)
    .filter(([name]) => lower.has(name))
    .map(([name]) => name.toUpperCase() as HttpMethod);
}

function readOperation(
  { source, where, credentials }: Context,
  { method, path, pathItem }: { method: HttpMethod; path: string; pathItem: unknown },
): NamelessOperation {
  const given = member(pathItem, method.toLowerCase());
  if (!isObject(given)) throw new Unusable("is not an object");
  const segments = parsePath(path);
  const inPath = new Set(segments.flat().flatMap((part) => ("parameter" in part ? [part.parameter] : [])));
  const servers = member(given, "servers") ?? member(pathItem, "servers");
  const basePath = ownBasePath(servers, where);
  const lists = [member(pathItem, "parameters"), member(given, "parameters")];
  const parameters = readParameters(source, { lists, inPath, credentials });
  const { body, leftOut } = readBody(source, method, member(given, "requestBody"));
  const { accept, schema: answer, redirects } = readAnswers(source, member(given, "responses"));
  const form = requestForm({ method, path, basePath, accept, parameters, body }, credentials.apiKeys);
  const parts = {
    method,
    path,
    basePath,
    given,
    parameters,
    body,
    leftOut,
    form,
    answer: method === "HEAD" ? undefined : answer,
  };
  return { method, path, segments, basePath, accept, redirects, parts };
}

/** What a body of a GET or HEAD means is said nowhere (RFC 9110 §9.3.1). */
function readBody(source: Source, method: HttpMethod, given: unknown): ReadBody {
  if (method !== "GET" && method !== "HEAD") return readRequestBody(source, given);
  return given === undefined ? {} : { leftOut: `Its body cannot be sent, since it is a ${method}.` };
}

function orSkip<T>(skipped: SkippedOperation[], method: string, path: string, read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof Unusable)) throw error;
    skipped.push({ method, path, reason: error.message });
    return undefined;
  }
}
