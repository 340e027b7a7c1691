/**
 * A document's text: YAML 1.2 or JSON, which is a part of it. Every problem is told with its line, all at once.
 * Tags are refused, names are strings, and a name is there once; anchors may save repetition, within bounds.
 */
import { checkInput, type Fault } from "@castellan/kernel";
import { LineCounter, parseDocument } from "yaml";
import {
  configurationDocument,
  type ConfigurationDocument,
  type ConfigurationInput,
} from "../document/document.ts";
import { configurationFaults } from "../faults.ts";
import { findNode, toValue, type YamlProblem } from "./yaml-value.ts";

export interface ParsedConfiguration {
  readonly document: ConfigurationDocument;
  /** As it is written: what is sent to the API. */
  readonly input: ConfigurationInput;
  /**
   * `castellan.yaml:12:5`, the place of a field that a later answer names (`servers.weather.url`), or of the nearest
   * one around it.
   */
  readonly locate: (field: string) => string;
}

const maxLength = 16 * 1024 * 1024;
const maxProblems = 20;

/** `file` is what problems are told of. Throws `configuration_invalid`, with `data.problems`. */
export function parseConfiguration(text: string, file: string): ParsedConfiguration {
  if (text.length > maxLength) throw invalid([`${file} is longer than ${maxLength} characters`]);
  const lineCounter = new LineCounter();
  const yaml = parseDocument(text, {
    version: "1.2",
    schema: "core",
    uniqueKeys: true,
    stringKeys: true,
    prettyErrors: false,
    lineCounter,
  });
  const at = (offset: number) => {
    const { line, col } = lineCounter.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  const tell = (problems: readonly YamlProblem[]) =>
    invalid(problems.map(({ offset, message }) => `${at(offset)} ${message}`));

  const syntax = [...yaml.errors, ...yaml.warnings].map(({ pos, message }) => ({ offset: pos[0], message }));
  if (syntax.length > 0) throw tell(syntax);
  const { value, problems } = toValue(yaml);
  if (problems.length > 0) throw tell(problems);

  const locate = (path: readonly PropertyKey[]) => at(findNode(yaml, path));
  const checked = checkInput(configurationDocument, value, "the document");
  if ("problems" in checked)
    throw invalid(
      checked.problems.map(({ path = [], field, reason }) => `${locate(path)} ${field} ${reason}`),
    );
  return {
    document: checked.value,
    input: value as ConfigurationInput,
    locate: (field) => locate(toPath(field)),
  };
}

function invalid(problems: readonly string[]): Fault {
  const shown = problems.slice(0, maxProblems);
  const more = problems.length - shown.length;
  const message = [...shown, ...(more > 0 ? [`and ${more} more`] : [])].join("\n");
  return configurationFaults.fault("configuration_invalid", message, { data: { problems: shown } });
}

/** `servers[0].url`, `limits["a b"]` → member by member. */
function toPath(field: string): PropertyKey[] {
  const parts = field.matchAll(/\[(?<index>\d+)\]|\[(?<quoted>"(?:[^"\\]|\\.)*")\]|(?<name>[^.[\]]+)/g);
  return [...parts].map(({ groups = {} }) => {
    if (groups["index"] !== undefined) return Number(groups["index"]);
    return groups["quoted"] === undefined ? (groups["name"] ?? "") : String(JSON.parse(groups["quoted"]));
  });
}
