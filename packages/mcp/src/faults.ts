import { defineFaults } from "@castellan/kernel";

/** Failures of the wire. How each is told in JSON-RPC stands in `jsonrpc/error.ts`. */
export const mcpFaults = defineFaults({
  json_malformed: {
    owner: "caller",
    status: 400,
    help: "The body is not JSON in UTF-8.",
  },
  json_ambiguous: {
    owner: "caller",
    status: 400,
    help: "The JSON has the same key twice in one object, a key `__proto__`, or a name of the protocol in another case: two readers could see two different messages, so it is refused.",
  },
  json_too_deep: {
    owner: "caller",
    status: 400,
    help: "The JSON is nested deeper than 128 levels.",
  },
  batch_unsupported: {
    owner: "caller",
    status: 400,
    help: "JSON-RPC batches were removed from MCP in 2025-06-18: send each message in a request of its own.",
  },
  message_invalid: {
    owner: "caller",
    status: 400,
    help: "The JSON is no JSON-RPC 2.0 request, notification or response; the message says which member is wrong.",
  },
  media_type_unsupported: {
    owner: "caller",
    status: 415,
    help: "A message must be sent with `Content-Type: application/json`.",
  },
  not_acceptable: {
    owner: "caller",
    status: 406,
    help: "The client must accept `application/json` and `text/event-stream`.",
  },
  header_mismatch: {
    owner: "caller",
    status: 400,
    help: "`MCP-Protocol-Version`, `Mcp-Method` or `Mcp-Name` is missing or differs from the body (2026-07-28).",
  },
  version_unsupported: {
    owner: "caller",
    status: 400,
    help: "The protocol version is not one that is served; `data.supported` lists those that are.",
  },
  meta_missing: {
    owner: "caller",
    status: 400,
    help: "A request of 2026-07-28 must carry its protocol version and client capabilities in `params._meta`.",
  },
  method_unknown: {
    owner: "caller",
    status: 404,
    help: "The method does not exist in the protocol version that was used, or no server of the portal offers it.",
  },
  params_invalid: {
    owner: "caller",
    status: 400,
    help: "A parameter of the request is missing or of the wrong type; the message names it.",
  },
  http_method_unsupported: {
    owner: "caller",
    status: 405,
    help: "This HTTP method is not served at this address in the era that was used.",
  },
  session_required: {
    owner: "caller",
    status: 400,
    help: "A legacy request other than `initialize` must carry `Mcp-Session-Id`.",
  },
  session_unknown: {
    owner: "caller",
    status: 404,
    help: "The session does not exist, has ended, or belongs to another caller: send `initialize` again.",
  },
  request_id_in_use: {
    owner: "caller",
    status: 400,
    help: "A request with this id is still under way in the session.",
  },
  client_capability_missing: {
    owner: "caller",
    status: 400,
    help: "The call needs something of the client that it does not declare; `data.requiredCapabilities` says what (2026-07-28, basic).",
  },
  upstream_unreachable: {
    owner: "upstream",
    status: 502,
    retryable: true,
    help: "No connection to the MCP server could be made, or it broke before the answer was complete.",
  },
  upstream_timeout: {
    owner: "upstream",
    status: 504,
    retryable: true,
    help: "The MCP server did not answer in time.",
  },
  upstream_refused: {
    owner: "upstream",
    status: 502,
    help: "The MCP server answered with an HTTP status that is an error; `data.status` holds it.",
  },
  upstream_unauthorized: {
    owner: "upstream",
    status: 502,
    help: "The MCP server wants other credentials than it was given (401 or 403).",
  },
  upstream_invalid: {
    owner: "upstream",
    status: 502,
    help: "What the MCP server answered is not MCP; the message says why.",
  },
  upstream_too_large: {
    owner: "upstream",
    status: 502,
    help: "The MCP server's answer is larger than the limit.",
  },
  upstream_era_unsupported: {
    owner: "upstream",
    status: 502,
    help: "The MCP server does not speak the era in which it was to be spoken to (any more); its next sync finds out which it speaks.",
  },
});
