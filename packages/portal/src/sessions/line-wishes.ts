/** What a legacy client wants of a server for as long as its session lasts, told on each new line. */
import type { CatalogServer } from "@castellan/calls";
import { isObject, type ChannelRequest, type LogLevel, type ResponseMessage } from "@castellan/mcp";

export interface LineWishes {
  readonly logLevel: LogLevel | undefined;
  /** Resources subscribed to, as the server calls them. */
  readonly uris: ReadonlySet<string>;
}

export const noWishes: LineWishes = { logLevel: undefined, uris: new Set() };

type Request = (request: ChannelRequest) => Promise<ResponseMessage>;

/** Tells a server what has changed. One that will not hear of it still serves: never rejects. */
export async function tellWishes(
  request: Request,
  server: CatalogServer,
  { before = noWishes, now, signal }: { before?: LineWishes; now: LineWishes; signal: AbortSignal },
): Promise<void> {
  const told: { method: string; params: object }[] = [];
  if (now.logLevel !== undefined && now.logLevel !== before.logLevel && offersLogging(server))
    told.push({ method: "logging/setLevel", params: { level: now.logLevel } });
  for (const uri of missingIn(before.uris, now.uris))
    told.push({ method: "resources/subscribe", params: { uri } });
  for (const uri of missingIn(now.uris, before.uris))
    told.push({ method: "resources/unsubscribe", params: { uri } });
  await Promise.allSettled(
    told.map(({ method, params }) => request({ method, params: JSON.stringify(params), signal })),
  );
}

function missingIn(uris: ReadonlySet<string>, of: ReadonlySet<string>): string[] {
  return [...of].filter((uri) => !uris.has(uri));
}

export function offersLogging({ state }: CatalogServer): boolean {
  const hello: unknown = JSON.parse(state.legacy?.helloText ?? "{}");
  const capabilities = isObject(hello) ? hello["capabilities"] : undefined;
  return isObject(capabilities) && "logging" in capabilities;
}
