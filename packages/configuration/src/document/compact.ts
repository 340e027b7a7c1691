/**
 * The value without what says nothing: members that are absent, empty objects, and objects that hold nothing else.
 * Two values that mean the same are equal afterwards. Lists stay as they are.
 */
export function compact<T extends object>(value: T): T {
  const said = Object.entries(value)
    .map(([name, part]) => [name, isRecord(part) ? compact(part) : part] as const)
    .filter(([, part]) => part !== undefined && !(isRecord(part) && Object.keys(part).length === 0));
  return Object.fromEntries(said) as T;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
