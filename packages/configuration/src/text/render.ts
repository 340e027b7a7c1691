import { stringify } from "yaml";
import type { ConfigurationInput } from "../document/document.ts";

/** A document as YAML that `parseConfiguration` reads back to the same. */
export function renderConfiguration(document: ConfigurationInput): string {
  return stringify(document, {
    version: "1.2",
    schema: "core",
    // Two equal parts are written twice: an anchor is for people who want one.
    aliasDuplicateObjects: false,
    // A fingerprint on one line is one to search for.
    lineWidth: 0,
  });
}
