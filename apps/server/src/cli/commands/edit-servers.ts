/** `castellan server add` and `edit`. */
import type { ChangeServerBody, Server } from "@castellan/client";
import { parseSlug } from "@castellan/kernel";
import { cliFaults } from "../faults.ts";
import { authSettings, readAuthSecrets, saysAuth } from "../input/auth-settings.ts";
import { parseHeaderChanges, parseHeaders } from "../input/headers.ts";
import { changeLimits } from "../input/limits.ts";
import { openapiSettings, type OpenapiOptions } from "../input/openapi-settings.ts";
import { plainSettings, readBearer, syncInterval, type ServerOptions } from "../input/server-settings.ts";
import { assertSomething } from "../input/some-of.ts";
import type { Session } from "../session.ts";
import { showServer } from "./show-server.ts";

export interface AddServerOptions extends ServerOptions, OpenapiOptions {
  readonly syncEvery?: string;
}

export interface EditServerOptions extends ServerOptions, OpenapiOptions {
  readonly newUrl?: string;
  /** False: none from now on. */
  readonly bearer?: boolean;
}

export async function addServer(
  session: Session,
  slug: string,
  url: string | undefined,
  options: AddServerOptions,
): Promise<void> {
  const { terminal, api } = session;
  if (url === undefined && options.openapi === undefined)
    throw cliFaults.fault(
      "usage_invalid",
      "Name the URL of the server, or the document of an API with --openapi",
    );
  if (options.face !== undefined && options.openapi === undefined)
    throw cliFaults.fault("usage_invalid", "--face is of APIs: --openapi names the document of one");
  const auth = authSettings(options);
  const added = await api.addServer({
    body: {
      slug,
      url,
      openapi: await openapiSettings(options, terminal),
      ...plainSettings(options),
      headers: parseHeaders(options.header ?? [], options.headerEnv ?? [], terminal),
      bearerToken: await readBearer(options, terminal),
      auth,
      authSecrets: await readAuthSecrets(options, auth?.kind, terminal),
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
  assertSomething({ ...changes, limit: limits[0], auth: saysAuth(options) || undefined }, "server edit");
  // What cannot be is refused before anybody is asked.
  changeLimits({}, limits);
  const before = await api.getServer({ params });
  assertOfItsKind(before, options);
  const auth = authSettings(options, before.auth);
  const authSecrets = await readAuthSecrets(options, auth?.kind ?? before.auth.kind, session.terminal);
  const body = {
    ...changes,
    auth,
    authSecrets,
    ...(limits.length > 0 && { limits: changeLimits(before.limits, limits) }),
  };
  showServer(session, await api.changeServer({ params, body, ifMatch: before.version }));
}

/** The API knows one member for both options, and cannot say which of them was given. Fault: `usage_invalid`. */
function assertOfItsKind({ slug, kind }: Server, { openapi, face }: OpenapiOptions): void {
  if (kind === "openapi") return;
  const given = [openapi !== undefined && "--openapi", face !== undefined && "--face"].filter(Boolean);
  if (given.length === 0) return;
  const verb = given.length === 1 ? "is" : "are";
  throw cliFaults.fault("usage_invalid", `${given.join(" and ")} ${verb} of APIs: ${slug} speaks MCP itself`);
}

async function changesOf(options: EditServerOptions, { terminal }: Session): Promise<ChangeServerBody> {
  const { header = [], headerEnv = [], syncEvery } = options;
  const bearer = await readBearer(options, terminal);
  return {
    ...plainSettings(options),
    url: options.newUrl,
    openapi: await openapiSettings(options, terminal),
    headers:
      header.length + headerEnv.length > 0 ? parseHeaderChanges(header, headerEnv, terminal) : undefined,
    bearerToken: bearer ?? (options.bearer === false ? null : undefined),
    syncIntervalSeconds: syncEvery === false ? null : syncInterval(syncEvery),
  };
}
