/** A document's text: JSON, or YAML 1.2. A name is there once, and nothing is deeper or larger than can be worked with. */
import { isFault } from "@castellan/kernel";
import { assertUnambiguous, isObject, type JsonObject } from "@castellan/mcp";
import { CORE_SCHEMA, load, YAMLException } from "js-yaml";
import { openapiFaults } from "../faults.ts";
import { documentInvalid } from "./problems.ts";
import { problemsOf } from "./yaml-value.ts";

export const maxDocumentBytes = 16 * 1024 * 1024;
const maxYamlDepth = 128;

/** Throws `document_too_large`, `document_invalid`. */
export function parseText(text: string, maxBytes = maxDocumentBytes): JsonObject {
  const bytes = Buffer.byteLength(text);
  if (bytes > maxBytes)
    throw tooLarge(`The document has ${bytes} bytes; ${maxBytes} are the most that it may have`);
  const whole = text.startsWith("\uFEFF") ? text.slice(1) : text;
  const isJson = /^\s*[{[]/.test(whole);
  const value = isJson ? parseJson(whole) : parseYaml(whole);
  if (isObject(value)) return value;
  throw documentInvalid([{ place: "", problem: "is not an object" }]);
}

function parseJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    assertUnambiguous(text);
    return value;
  } catch (error) {
    if (error instanceof SyntaxError)
      throw documentInvalid([{ place: "", problem: `is not JSON: ${error.message.slice(0, 160)}` }]);
    if (!isFault(error)) throw error;
    throw documentInvalid([{ place: "", problem: `cannot be read: ${error.message}` }]);
  }
}

/** No tag makes anything but JSON, and a name that is there twice is refused. */
function parseYaml(text: string): unknown {
  const value = loaded(text);
  const problems = problemsOf(value);
  if (problems.length > 0) throw documentInvalid(problems);
  return value;
}

function loaded(text: string): unknown {
  try {
    return load(text, { schema: CORE_SCHEMA, maxDepth: maxYamlDepth });
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    throw documentInvalid([{ place: "", problem: `is not YAML: ${error.message.slice(0, 400)}` }]);
  }
}

function tooLarge(message: string) {
  return openapiFaults.fault("document_too_large", message);
}
