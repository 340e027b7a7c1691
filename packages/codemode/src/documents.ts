/** What Code Mode has to know of APIs: their documents, and which tool a request is a call of. */
export interface ApiDocumentsPort {
  /** Raw JSON of what is open to the caller, `$ref`s local. Undefined for a server without a document. */
  spec(serverId: string, isOpen: IsOpen): Promise<{ readonly text: string } | undefined>;
  /** The tool as its server calls it, and JSON of its arguments. Throws `api_operation_unknown`, `api_request_invalid`. */
  operationOf(
    serverId: string,
    call: ApiRequest,
    isOpen: IsOpen,
  ): Promise<{ readonly tool: string; readonly arguments: string }>;
}

/** By what the server calls a tool, whether the caller may use it. */
export type IsOpen = (tool: string) => boolean;

/** As the code wrote it. */
export interface ApiRequest {
  readonly method: string;
  readonly path: string;
  readonly params?: Readonly<Record<string, unknown>> | undefined;
  readonly query?: Readonly<Record<string, unknown>> | undefined;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, unknown>> | undefined;
}
