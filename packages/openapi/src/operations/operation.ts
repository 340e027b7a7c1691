/** One operation of a document: how it is asked for, and what it is as a tool. */
import type { PathPart } from "./path-template.ts";

export const httpMethods = ["get", "put", "post", "delete", "options", "head", "patch"] as const;
export type HttpMethod = Uppercase<(typeof httpMethods)[number]>;

export interface Operation {
  readonly method: HttpMethod;
  /** As the document has it: `/users/{id}`. */
  readonly path: string;
  /** The same in segments. */
  readonly segments: readonly (readonly PathPart[])[];
  /** Where it is at other servers of the API's origin than the rest; in place of the path of the base URL. */
  readonly basePath: string | undefined;
  readonly parameters: readonly Parameter[];
  readonly body: RequestBody | undefined;
  /** The value of `Accept`. */
  readonly accept: string;
  /** Statuses of redirects that the document names: they are answers as good as any. */
  readonly redirects: ReadonlySet<number>;
  readonly tool: ApiTool;
}

export interface ApiTool {
  /** 1 to 64 characters of `A-Za-z0-9_-`, unique in the document. */
  readonly name: string;
  /** The definition, as `tools/list` has it: JSON. */
  readonly text: string;
  /** Whether it has an `outputSchema`, so that each answer has `structuredContent`. */
  readonly hasOutput: boolean;
}

export const parameterPlaces = ["path", "query", "header", "cookie"] as const;
export type ParameterPlace = (typeof parameterPlaces)[number];

/** OpenAPI 3.1.1 §4.8.12.3, "Style Values". */
export const parameterStyles = [
  "matrix",
  "label",
  "simple",
  "form",
  "spaceDelimited",
  "pipeDelimited",
  "deepObject",
] as const;
export type ParameterStyle = (typeof parameterStyles)[number];

export interface Parameter {
  /** As the API calls it. */
  readonly name: string;
  readonly in: ParameterPlace;
  /** As the tool calls it: unique in the operation. */
  readonly argument: string;
  readonly isRequired: boolean;
  readonly style: ParameterStyle;
  readonly explode: boolean;
  readonly allowReserved: boolean;
  /** It has `content`: its value is sent as JSON. */
  readonly isJson: boolean;
  /** What its schema says of its type, where it does; to read it from the text of an address. */
  readonly type: string | undefined;
}

/** What a definition tells of a part of a request. A request is made without it. */
export interface Described {
  readonly description: string | undefined;
  /** As the document has it. */
  readonly schema: unknown;
}

/** `bytes`: given in Base64. */
export type BodyKind = "json" | "form" | "multipart" | "text" | "bytes";

export interface RequestBody {
  readonly kind: BodyKind;
  /** The media type as it is sent. */
  readonly mediaType: string;
  readonly isRequired: boolean;
  /** How single members are written (`form` and `multipart`; §4.8.15). */
  readonly encodings: ReadonlyMap<string, MemberEncoding>;
  /** Members that are bytes; they cannot be given (`multipart`). */
  readonly leftOut: ReadonlySet<string>;
}

export interface MemberEncoding {
  readonly style: ParameterStyle | undefined;
  readonly explode: boolean | undefined;
  readonly isJson: boolean;
}

/** The argument of a tool that is the body of the request. */
export const bodyArgument = "body";
