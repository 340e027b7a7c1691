import { maxHeaders, type Server } from "@castellan/calls";
import { syncIntervalSeconds } from "@castellan/configuration";
import { z } from "zod";
import { slug } from "../fields.ts";
import { invalidInput } from "@castellan/kernel";
import type { ApiPorts } from "../ports.ts";
import { defineRoute } from "../route.ts";
import { changedAuth, checkAuthAddresses } from "./auth-fields.ts";
import { allHeaders, authorizationTwice, changedHeaders, hasOneAuthorization } from "./headers.ts";
import { changedOpenapi, maxBodyWithDocument } from "./openapi-fields.ts";
import { readAnew } from "./read-anew.ts";
import { documentErrors, readDocument } from "./read-document.ts";
import { serverFields } from "./server-fields.ts";
import { detail } from "./show-server.ts";
import { detailedServer } from "./shown-server.ts";

const serverChange = z
  .strictObject({
    ...z.object(serverFields).partial().shape,
    openapi: changedOpenapi.optional(),
    ...changedHeaders,
    ...changedAuth,
    /** Null: as the process is set. */
    syncIntervalSeconds: syncIntervalSeconds.nullable().optional(),
  })
  .refine((change) => Object.keys(change).length > 0, "must name something to change")
  .refine(hasOneAuthorization, authorizationTwice);

/**
 * What is absent stays; a list or an object replaces the one before, but for headers and secrets, which are merged. Lines
 * to the server that were opened under another address, auth, other headers or other client features are not used again.
 * A server that is reached in another way from now on is read at once, as is one that was never read.
 */
export const changeServer = defineRoute({
  id: "changeServer",
  method: "PATCH",
  path: "/servers/{slug}",
  summary: "Change a server; read it again if it is reached in another way now",
  permission: "manage",
  isVersioned: true,
  maxBodyBytes: maxBodyWithDocument,
  errors: [
    "server_unknown",
    "server_headers_required",
    "server_secrets_required",
    "outbound_refused",
    "outbound_policy_invalid",
    ...documentErrors,
  ],
  params: z.strictObject({ slug }),
  body: serverChange,
  answer: detailedServer,
  handler: async ({ params, body, ifMatch, draining }, ports) => {
    const { headers: given, bearerToken, url: text, openapi, ...fields } = body;
    const { server: before } = await ports.servers.get(params.slug);
    if (openapi) assertIsApi(before);
    const url = checkedUrl(before, { text, allowPrivate: fields.allowPrivate }, ports);
    const headers = allHeaders<string | null>({ headers: given, bearerToken });
    assertFew(before, headers);
    const { allowPrivate = before.allowPrivate } = fields;
    checkAuthAddresses(fields.auth, allowPrivate, ports);
    const how = { allowPrivate, baseUrl: url?.href ?? before.url, signal: draining };
    const document = await readDocument(openapi, how, ports);
    const changed = await ports.servers.change(
      params.slug,
      { ...fields, headers, url, face: openapi?.face },
      ifMatch,
      document && ((tx, { id }) => ports.documents.put(tx, id, document)),
    );
    if (changed.state.isOutdated || changed.state.status === "waiting")
      return detail(await readAnew(params.slug, ports, draining), ports);
    await ports.changes.flush();
    return detail(changed, ports);
  },
});

/** The URL that is given. The one that stays is judged as well where other addresses are allowed from now on. */
function checkedUrl(
  before: Server,
  given: { readonly text: string | undefined; readonly allowPrivate: readonly string[] | undefined },
  { outbound }: Pick<ApiPorts, "outbound">,
): URL | undefined {
  if (given.text === undefined && given.allowPrivate === undefined) return undefined;
  const { text = before.url, allowPrivate = before.allowPrivate } = given;
  const url = outbound.check(text, { allowPrivate }, given.text === undefined ? "allowPrivate" : "url");
  url.hash = "";
  return url;
}

/** Ahead of what is fetched. Throws `invalid_input`. */
function assertIsApi({ kind }: Server): void {
  if (kind === "mcp")
    throw invalidInput([{ field: "openapi", reason: "is of APIs: this server speaks MCP itself" }]);
}

function assertFew(before: Server, headers: Readonly<Record<string, string | null>>): void {
  const kept = before.headerNames.filter((name) => !Object.hasOwn(headers, name));
  const set = Object.values(headers).filter((value) => value !== null);
  if (kept.length + set.length > maxHeaders)
    throw invalidInput([
      { field: "headers", reason: `must have at most ${maxHeaders} entries, those that are stored included` },
    ]);
}
