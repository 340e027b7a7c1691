/** The API as its reference page tells it: all operations at a glance, then each with what it takes and refuses. */
import {
  askingFailures,
  commonFailures,
  createDocument,
  failuresOf,
  routes,
  type ApiDocument,
} from "@castellan/api";
import { code, codes, table } from "./markdown.ts";

type Route = (typeof routes)[number];
type Operation = ApiDocument["paths"][string][string];

export function routesTable(): string {
  return table(
    ["", "path", "does", "permission", "answers"],
    routes.map((route) => [
      route.method,
      code(`/api/v1${route.path}`),
      `[${route.summary}](#${route.id.toLowerCase()})`,
      route.permission,
      String(route.answer === undefined ? 204 : (route.status ?? 200)),
    ]),
  );
}

export function operationSections(): string {
  const document = createDocument(routes, "");
  return routes.map((route) => sectionOf(route, document)).join("\n\n");
}

/** What any operation may answer, whatever it does. */
export function commonFailuresTable(): string {
  const rows = [...askingFailures, ...commonFailures].toSorted((a, b) => a.status - b.status);
  return table(
    ["code", "status"],
    rows.map(({ code: name, status }) => [code(name), String(status)]),
  );
}

const toldOnce = new Set(askingFailures.map(({ code: name }) => name));

function sectionOf(route: Route, { paths }: ApiDocument): string {
  const operation = paths[route.path]?.[route.method.toLowerCase()];
  if (operation === undefined) throw new Error(`The document lacks ${route.id}`);
  const own = failuresOf(route).filter(({ code: name }) => !toldOnce.has(name));
  const lines = [
    ...toldOf("Query", parametersIn(operation, "query")),
    ...toldOf("Headers", parametersIn(operation, "header")),
    ...toldOf("Body", fieldsOf(operation)),
    ...(own.length === 0
      ? []
      : [`- Refuses with ${own.map(({ code: name, status }) => `${code(name)} ${status}`).join(", ")}`]),
  ];
  return [
    `### ${route.id}`,
    `${code(`${route.method} /api/v1${route.path}`)}: ${route.summary}.`,
    lines.join("\n"),
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}

function toldOf(title: string, names: readonly string[]): string[] {
  return names.length === 0 ? [] : [`- ${title}: ${codes(names)}`];
}

function parametersIn({ parameters = [] }: Operation, place: string): string[] {
  return parameters.filter((parameter) => parameter.in === place).map(({ name }) => name);
}

/** The members of a body that is an object; one that may be absent has a question mark. */
function fieldsOf({ requestBody }: Operation): string[] {
  const { properties = {}, required = [] } = requestBody?.content["application/json"]?.schema ?? {};
  return Object.keys(properties).map((name) => (required.includes(name) ? name : `${name}?`));
}
