import { defineFaults } from "@castellan/kernel";

/** Failures of API documents and of requests by them. */
export const openapiFaults = defineFaults({
  document_invalid: {
    owner: "caller",
    status: 400,
    help: "The document is not one of OpenAPI 3.0 or 3.1 that can be used. `field` is the place in it.",
  },
  document_too_large: { owner: "caller", status: 413, help: "The document is larger than one may be." },
  document_unreachable: {
    owner: "upstream",
    status: 502,
    retryable: true,
    help: "The document could not be fetched from its address.",
  },
  api_request_invalid: {
    owner: "caller",
    status: 400,
    help: "The request does not fit the document; `field` names what of it.",
  },
  api_operation_changed: {
    owner: "upstream",
    status: 503,
    retryable: true,
    help: "The API's document has another operation of this name by now, which has to be read, and maybe approved, first. Nothing was called.",
  },
  api_operation_unknown: {
    owner: "caller",
    status: 404,
    help: "The document has no such operation, or this caller may not use it.",
  },
});
