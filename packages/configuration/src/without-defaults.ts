import { isDeepStrictEqual } from "node:util";

/** The entry without the fields that are as they would be if they were not there. */
export function withoutDefaults(entry: object, defaults: object): object {
  const byDefault = new Map(Object.entries(defaults));
  return Object.fromEntries(
    Object.entries(entry).filter(([field, value]) => !isDeepStrictEqual(value, byDefault.get(field))),
  );
}
