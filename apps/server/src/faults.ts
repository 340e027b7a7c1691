import { defineFaults } from "@castellan/kernel";

/** Failures of starting and stopping. */
export const serverFaults = defineFaults({
  config_invalid: {
    owner: "system",
    status: 500,
    help: "One or more settings are wrong; the message lists all of them with the reason. Settings are listed in docs/reference/configuration.md.",
  },
  demo_beyond_loopback: {
    owner: "system",
    status: 500,
    help: "The demo servers have no sign-in, so the demo starts only while Castellan listens on loopback.",
  },
  owner_file_unwritable: {
    owner: "system",
    status: 500,
    help: "The file that holds the first owner's link cannot be written, so Castellan does not start: no person could come in. The message names the file and the reason.",
  },
  admin_file_unwritable: {
    owner: "system",
    status: 500,
    help: "The file that holds the first admin's token, or its address, cannot be written, so Castellan does not start: nobody could come in. The message names the file and the reason.",
  },
});
