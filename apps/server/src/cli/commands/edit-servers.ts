/** `castellan server add` and `edit`. */
import type { ChangeServerBody } from "@castellan/client";
import { parseSlug } from "@castellan/kernel";
import { parseHeaderChanges, parseHeaders } from "../input/headers.ts";
import { changeLimits } from "../input/limits.ts";
import { plainSettings, readBearer, syncInterval, type ServerOptions } from "../input/server-settings.ts";
import { assertSomething } from "../input/some-of.ts";
import type { Session } from "../session.ts";
import { showServer } from "./show-server.ts";

export interface AddServerOptions extends ServerOptions {
  readonly syncEvery?: string;
}

export interface EditServerOptions extends ServerOptions {
  readonly newUrl?: string;
  /** False: none from now on. */
  readonly bearer?: boolean;
}

export async function addServer(
  session: Session,
  slug: string,
  url: string,
  options: AddServerOptions,
): Promise<void> {
  const { terminal, api } = session;
  const added = await api.addServer({
    body: {
      slug,
      url,
      ...plainSettings(options),
      headers: parseHeaders(options.header ?? [], options.headerEnv ?? [], terminal),
      bearerToken: await readBearer(options, terminal),
      limits: changeLimits({}, options.limit ?? []),
      syncIntervalSeconds: syncInterval(options.syncEvery),
    },
  });
  showServer(session, added);
}

/** What was read is what is changed: if somebody was faster, `version_stale`, and nothing has changed. */
export async function editServer(
  session: Session,
  server: string,
  options: EditServerOptions,
): Promise<void> {
  const { api } = session;
  const params = { slug: parseSlug(server, "SERVER") };
  const changes = await changesOf(options, session);
  const limits = options.limit ?? [];
  assertSomething({ ...changes, limit: limits[0] }, "server edit");
  // What cannot be is refused before anybody is asked.
  changeLimits({}, limits);
  const before = await api.getServer({ params });
  const body = { ...changes, ...(limits.length > 0 && { limits: changeLimits(before.limits, limits) }) };
  showServer(session, await api.changeServer({ params, body, ifMatch: before.version }));
}

async function changesOf(options: EditServerOptions, { terminal }: Session): Promise<ChangeServerBody> {
  const { header = [], headerEnv = [], syncEvery } = options;
  const bearer = await readBearer(options, terminal);
  return {
    ...plainSettings(options),
    url: options.newUrl,
    headers:
      header.length + headerEnv.length > 0 ? parseHeaderChanges(header, headerEnv, terminal) : undefined,
    bearerToken: bearer ?? (options.bearer === false ? null : undefined),
    syncIntervalSeconds: syncEvery === false ? null : syncInterval(syncEvery),
  };
}
