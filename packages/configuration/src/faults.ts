import { defineFaults } from "@castellan/kernel";

/** What can go wrong with configuration as code. */
export const configurationFaults = defineFaults({
  configuration_invalid: {
    owner: "caller",
    status: 400,
    help: "The text is not a configuration document. The message names each problem with its line; `GET /config/schema` is the JSON schema for editors.",
  },
  secret_missing: {
    owner: "caller",
    status: 400,
    help: "The document names a secret whose value was not given, and none from the same place is stored. Set the variable or the file that the message names, and apply again.",
  },
  secret_invalid: {
    owner: "caller",
    status: 400,
    help: "A secret cannot be sent: it must be visible ASCII characters on one line, 8,192 at most. A trailing line break of a file is cut off before.",
  },
  resource_not_managed: {
    owner: "caller",
    status: 409,
    help: "The document describes something that another file or a person made, and describes it differently. Rename it, or take it over on purpose (`adopt`).",
  },
  resource_in_use: {
    owner: "caller",
    status: 409,
    help: "A server, a group or a trusted issuer that is to be pruned is named by a portal that stays. Take it out of that portal first.",
  },
  field_unchangeable: {
    owner: "caller",
    status: 409,
    help: "Everything else hangs on this field of a resource, such as whose accounts an issuer names, so it stays. Give the resource another name in the document, and prune the old one.",
  },
});
