import { defineFaults } from "@castellan/kernel";

/** Failures of serving a registry, and of taking a server over from another one. */
export const registryFaults = defineFaults({
  registry_server_unknown: {
    owner: "caller",
    status: 404,
    help: "The registry names no such server or version to this caller; one that is not there and one that the caller may not see look the same on purpose.",
  },
  server_json_no_remote: {
    owner: "caller",
    status: 400,
    help: "The server.json names no remote, only packages that run on the client's machine (or nothing at all). Run the package somewhere, and register its URL.",
  },
  server_json_incomplete: {
    owner: "caller",
    status: 400,
    help: "The server.json asks for values that were not given: `missing` names each, as a field of the request. Send it again with them.",
  },
  server_json_secret_in_url: {
    owner: "caller",
    status: 400,
    help: "The server.json wants a secret in the URL of the server. URLs are stored and shown as they are, so Castellan sends secrets in headers only; ask the server's makers for a header.",
  },
});
