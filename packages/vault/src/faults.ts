import { defineFaults } from "@castellan/kernel";

/** What can go wrong with secrets at rest. No message says more than which key or which file. */
export const vaultFaults = defineFaults({
  vault_open_failed: {
    owner: "system",
    status: 500,
    help: "A sealed value did not open: it was altered, or it stands in another table, row or column than the one it was sealed for. Restore the row from a backup or enter the secret again.",
  },
  vault_key_missing: {
    owner: "system",
    status: 500,
    help: "A sealed value names a master key that this process does not hold. Give that key as an older one, then rotate.",
  },
  vault_wrong_key: {
    owner: "system",
    status: 500,
    help: "The master keys given at start are not those of this database. Give the key the message names; a new key is accepted only together with one the database knows.",
  },
  vault_rotation_incomplete: {
    owner: "system",
    status: 500,
    help: "A table has a sealed column that no package declared, so a rotation would have left it under the old key. A defect: report it.",
  },
  vault_key_file: {
    owner: "system",
    status: 500,
    help: "The master key's file cannot be used: it is readable by others, damaged, or its folder is not writable. The message says which.",
  },
});
