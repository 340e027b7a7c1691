export { openapiFaults } from "./faults.ts";
export { openapiMigrations } from "./migrations.ts";

export {
  createApiDocuments,
  type ApiDocuments,
  type ApiDocumentsOptions,
  type ReadAddressOptions,
} from "./api-documents.ts";
export { maxDocumentBytes } from "./document/parse-text.ts";
export { attentionOfDocument } from "./store/document-attention.ts";
export { createDocumentStore, type DocumentStore } from "./store/document-store.ts";
export { type KeptDocument, type NewDocument } from "./store/document.ts";

export type { ApiDocument, ApiKey, SkippedOperation } from "./document/api-document.ts";
export type { DocumentProblem } from "./document/problems.ts";
export { readDocument, type ReadDocumentOptions } from "./document/read-document.ts";
export type { ApiTool, Operation } from "./operations/operation.ts";
export { httpMetaKey } from "./server/answer.ts";
export { createApiServer, type ApiServerOptions } from "./server/api-server.ts";
export { createCodeDocuments, type CodeDocuments } from "./spec/code-documents.ts";
export { findOperation, type ApiCall, type ToolCall } from "./spec/find-operation.ts";
