/** What Code Mode needs of API documents. What is not open to a caller is unknown to them in every way of asking. */
import type { ApiDocument } from "../document/api-document.ts";
import { openapiFaults } from "../faults.ts";
import { findOperation, type ApiCall, type IsOpen, type ToolCall } from "./find-operation.ts";
import { specText } from "./spec-text.ts";

export interface CodeDocuments {
  /** What `codemode.spec()` gives: compact JSON, `$ref`s local. Undefined for a server without a document. */
  spec(serverId: string, isOpen: IsOpen): Promise<{ readonly text: string } | undefined>;
  /** Throws `api_operation_unknown`, `api_request_invalid`. */
  operationOf(serverId: string, call: ApiCall, isOpen: IsOpen): Promise<ToolCall>;
}

/** `documentOf`: the document of a server, as it is now. */
export function createCodeDocuments(options: {
  readonly documentOf: (serverId: string) => Promise<ApiDocument | undefined> | ApiDocument | undefined;
}): CodeDocuments {
  return {
    async spec(serverId, isOpen) {
      const document = await options.documentOf(serverId);
      return document && { text: specText(document.spec, isOpen) };
    },
    async operationOf(serverId, call, isOpen) {
      const document = await options.documentOf(serverId);
      if (document) return findOperation(document, call, isOpen);
      throw openapiFaults.fault("api_operation_unknown", "The server has no document");
    },
  };
}
