import { Document, Scalar, visit } from "yaml";
import type { ConfigurationInput } from "../document/document.ts";

/** A document as YAML that `parseConfiguration` reads back to the same. */
export function renderConfiguration(document: ConfigurationInput): string {
  const yaml = new Document(document, {
    version: "1.2",
    schema: "core",
    // Two equal parts are written twice: an anchor is for people who want one.
    aliasDuplicateObjects: false,
  });
  visit(yaml, {
    Scalar(_, node) {
      // As a block of lines it would lose its spaces: they would be taken for the block's indentation.
      if (typeof node.value === "string" && node.value.trim() === "") node.type = Scalar.QUOTE_DOUBLE;
    },
  });
  // A fingerprint on one line is one to search for.
  return yaml.toString({ lineWidth: 0 });
}
