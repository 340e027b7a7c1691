/** Reads the parameters of an operation (OpenAPI 3.1.1 §4.8.12). */
import type { CredentialPlaces } from "../document/api-keys.ts";
import type { Source } from "../document/api-document.ts";
import { elementsOf, member, membersOf, textMember } from "../document/members.ts";
import { dereference } from "../document/pointer.ts";
import { Unusable } from "../document/unusable.ts";
import { isHeaderName, isOwnHeader } from "../requests/header-rules.ts";
import { isJsonType, parseMediaType } from "./media-type.ts";
import {
  bodyArgument,
  parameterPlaces,
  parameterStyles,
  type Described,
  type Parameter,
  type ParameterPlace,
  type ParameterStyle,
} from "./operation.ts";

const maxParameters = 256;
const maxArgumentChars = 64;

export type DescribedParameter = Parameter & Described;

interface Options {
  /** Those of the path, and those of the operation: which go before. */
  readonly lists: readonly unknown[];
  /** Names that are in the path itself. */
  readonly inPath: ReadonlySet<string>;
  readonly credentials: CredentialPlaces;
}

/** Those that a caller may give. Credentials and headers that are not theirs to set are left out. Throws `Unusable`. */
export function readParameters(
  { root }: Source,
  { lists, inPath, credentials }: Options,
): readonly DescribedParameter[] {
  const found = new Map<string, Omit<DescribedParameter, "argument">>();
  for (const given of lists.flatMap(elementsOf)) {
    const parameter = readParameter(root, dereference(root, given));
    found.set(JSON.stringify([parameter.in, parameter.name]), parameter);
  }
  const all = [...found.values()];
  if (all.length > maxParameters) throw new Unusable(`has more than ${maxParameters} parameters`);
  for (const name of inPath)
    if (!all.some((parameter) => parameter.in === "path" && parameter.name === name))
      throw new Unusable(`does not say what the parameter ${JSON.stringify(name)} of its path is`);
  const usable = all.filter(
    (parameter) =>
      (parameter.in !== "path" || inPath.has(parameter.name)) &&
      (parameter.in === "path" || !credentials.isCredential(parameter.in, parameter.name)) &&
      (parameter.in !== "header" || !isOwnHeader(parameter.name)),
  );
  return withArguments(
    parameterPlaces.flatMap((place) => usable.filter((parameter) => parameter.in === place)),
  );
}

function readParameter(root: unknown, given: unknown): Omit<DescribedParameter, "argument"> {
  const [name, place] = [textMember(given, "name"), textMember(given, "in")];
  if (name === undefined || name === "" || !name.isWellFormed())
    throw new Unusable("has a parameter without a name");
  if (!isPlace(place)) throw new Unusable(`has the parameter ${quoted(name)} in an unknown place`);
  if (place === "header" && !isHeaderName(name))
    throw new Unusable(`has a header that no request may have: ${quoted(name)}`);
  const [content] = membersOf(member(given, "content"));
  if (content && !isJsonType(parseMediaType(content[0])))
    throw new Unusable(`has the parameter ${quoted(name)} with the content type ${quoted(content[0])}`);
  const schema = content ? member(content[1], "schema") : member(given, "schema");
  const style = readStyle(member(given, "style"), place, name);
  const explode = member(given, "explode");
  return {
    name,
    in: place,
    isRequired: place === "path" || member(given, "required") === true,
    style,
    explode: typeof explode === "boolean" ? explode : defaultExplode(style),
    allowReserved: member(given, "allowReserved") === true,
    isJson: content !== undefined,
    description: textMember(given, "description"),
    schema,
    type: typeOf(root, schema),
  };
}

/** §4.8.12.2, `style` and `explode`; a deep object has no other form. */
export const defaultStyles: Readonly<Record<ParameterPlace, ParameterStyle>> = {
  path: "simple",
  query: "form",
  header: "simple",
  cookie: "form",
};

export function defaultExplode(style: ParameterStyle): boolean {
  return style === "form" || style === "deepObject";
}

const allowed: Readonly<Record<ParameterPlace, readonly ParameterStyle[]>> = {
  path: ["matrix", "label", "simple"],
  query: ["form", "spaceDelimited", "pipeDelimited", "deepObject"],
  header: ["simple"],
  cookie: ["form"],
};

function readStyle(given: unknown, place: ParameterPlace, name: string): ParameterStyle {
  if (given === undefined) return defaultStyles[place];
  if (isStyle(given) && allowed[place].includes(given)) return given;
  throw new Unusable(`has the parameter ${quoted(name)} in a style that does not exist in a ${place}`);
}

/** Some clients take only names of certain characters. Two parameters of one name are told apart by their place. */
function withArguments(
  parameters: readonly Omit<DescribedParameter, "argument">[],
): readonly DescribedParameter[] {
  const taken = new Set<string>([bodyArgument]);
  return parameters.map((parameter) => {
    const plain = parameter.name
      .replaceAll(/[^A-Za-z0-9_.-]+/g, "_")
      .replace(/^_+(?=.)|_+$/g, "")
      .slice(0, maxArgumentChars - 16);
    const base = plain === "" ? parameter.in : plain;
    let argument = base;
    for (let n = 1; taken.has(argument) || argument === "__proto__"; n += 1)
      argument = n === 1 ? `${base}_${parameter.in}` : `${base}_${parameter.in}_${n}`;
    taken.add(argument);
    return { ...parameter, argument };
  });
}

function typeOf(root: unknown, schema: unknown): string | undefined {
  const type = member(dereference(root, schema), "type");
  if (typeof type === "string") return type;
  const types = elementsOf(type).filter((one) => one !== "null");
  return types.length === 1 && typeof types[0] === "string" ? types[0] : undefined;
}

function isPlace(value: unknown): value is ParameterPlace {
  return (parameterPlaces as readonly unknown[]).includes(value);
}

export function isStyle(value: unknown): value is ParameterStyle {
  return (parameterStyles as readonly unknown[]).includes(value);
}

function quoted(name: string): string {
  return JSON.stringify(name.slice(0, 80));
}
