/** Whether a value is a document that can be used at all; what is wrong with single operations is theirs. */
import { isObject, type JsonObject } from "@castellan/mcp";
import { member, membersOf, textMember } from "./members.ts";
import { isLocalRef, toPointer } from "./pointer.ts";
import type { DocumentProblem } from "./problems.ts";

/** Every problem, with its place. */
export function checkDocument(root: JsonObject): readonly DocumentProblem[] {
  const version = versionProblem(root);
  if (version) return [version];
  const problems: DocumentProblem[] = [];
  const expectText = (of: unknown, place: readonly string[], name: string) => {
    if (typeof member(of, name) !== "string")
      problems.push({ place: toPointer(...place, name), problem: "has to be a text" });
  };
  const info = member(root, "info");
  if (isObject(info)) {
    expectText(info, ["info"], "title");
    expectText(info, ["info"], "version");
  } else problems.push({ place: "/info", problem: "has to be an object" });

  for (const name of ["paths", "components"]) {
    const value = member(root, name);
    if (value === undefined && name === "components") continue;
    if (!isObject(value)) problems.push({ place: toPointer(name), problem: "has to be an object" });
    else
      for (const [key, inner] of Object.entries(value))
        if (!isObject(inner) && !key.startsWith("x-"))
          problems.push({ place: toPointer(name, key), problem: "has to be an object" });
  }
  for (const name of ["servers", "tags", "security"]) {
    const value = member(root, name);
    if (value !== undefined && !Array.isArray(value))
      problems.push({ place: toPointer(name), problem: "has to be a list" });
  }
  return [...problems, ...externalRefs(root)];
}

function versionProblem(root: JsonObject): DocumentProblem | undefined {
  if (Object.hasOwn(root, "swagger"))
    return {
      place: "/swagger",
      problem:
        "says that this is a document of Swagger 2.0, which is not read: convert it to OpenAPI 3 first",
    };
  const version = member(root, "openapi");
  if (version === undefined)
    return { place: "/openapi", problem: "is missing: this is no document of OpenAPI 3" };
  if (/^3\.[01]\.\d+(?:-.+)?$/.test(textMember(root, "openapi") ?? "")) return undefined;
  const said = JSON.stringify(version).slice(0, 40);
  return { place: "/openapi", problem: `has to be a version of OpenAPI 3.0 or 3.1, and is ${said}` };
}

/** Members that hold values and not parts of the document: what looks like a reference there is none. */
const values = new Set(["example", "examples", "default", "enum", "const", "value"]);

/** A document that is spread over several is of no use: nothing is fetched on its behalf. */
function externalRefs(root: JsonObject): readonly DocumentProblem[] {
  const problems: DocumentProblem[] = [];
  const walk = (value: unknown, path: readonly (string | number)[]): void => {
    if (Array.isArray(value)) value.forEach((item, index) => walk(item, [...path, index]));
    if (!isObject(value)) return;
    const ref = textMember(value, "$ref");
    if (ref !== undefined && !isLocalRef(ref))
      problems.push({
        place: toPointer(...path, "$ref"),
        problem: `names another document (${JSON.stringify(ref.slice(0, 120))}), which is not fetched: bundle them into one first`,
      });
    for (const [name, inner] of membersOf(value))
      if (
        typeof inner === "object" &&
        !name.startsWith("x-") &&
        (!values.has(name) || path.at(-1) === "properties")
      )
        walk(inner, [...path, name]);
  };
  walk(root, []);
  return problems;
}
