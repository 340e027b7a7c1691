import { routes } from "@castellan/api";
import { code, table } from "./markdown.ts";

export function routesTable(): string {
  return table(
    ["", "path", "does", "role", "answers"],
    routes.map((route) => [
      route.method,
      code(`/api/v1${route.path}`),
      route.summary,
      route.role,
      String(route.answer === undefined ? 204 : (route.status ?? 200)),
    ]),
  );
}
