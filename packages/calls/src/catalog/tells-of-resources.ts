import { isObject, type Era } from "@castellan/mcp";
import type { CatalogServer } from "./catalog.ts";

/** Whether the server says, in the era in which it is spoken to, that it tells of changes to single resources. */
export function tellsOfResources({ state }: Pick<CatalogServer, "state">, era: Era): boolean {
  const hello: unknown = JSON.parse(state[era]?.helloText ?? "{}");
  const capabilities = isObject(hello) ? hello["capabilities"] : undefined;
  const resources = isObject(capabilities) ? capabilities["resources"] : undefined;
  return isObject(resources) && resources["subscribe"] === true;
}
