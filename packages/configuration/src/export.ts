/** An installation as the document that would make it again. Secrets are named, never told. */
import { apiVersion, type ConfigurationInput } from "./document/document.ts";
import { compact } from "./document/compact.ts";
import { curatedFields } from "./document/fields.ts";
import { portalEntry, type PortalServerEntry } from "./document/portal-entry.ts";
import { serverEntry } from "./document/server-entry.ts";
import { portalEntryOf, serverEntryOf } from "./entries.ts";
import { exportPlain } from "./export-plain.ts";
import type { Present, PresentServer } from "./present.ts";
import { SecretNames } from "./secret-names.ts";
import { withoutDefaults } from "./without-defaults.ts";

/** In the order of slugs, defaults left out. */
export function toDocument(name: string, { plain, servers, portals }: Present): ConfigurationInput {
  const names = new SecretNames([...servers.values()]);
  return {
    apiVersion,
    name,
    ...exportPlain(plain),
    servers: Object.fromEntries([...servers].map(([slug, known]) => [slug, toServer(slug, known, names)])),
    portals: Object.fromEntries(
      [...portals].map(([slug, portal]) => {
        const { servers: listed, ...entry } = portalEntryOf(portal);
        const own = withoutDefaults({ ...entry, servers: listed.map(toPortalServer) }, portalDefaults(slug));
        return [slug, own];
      }),
    ),
  };
}

type ServerInput = NonNullable<ConfigurationInput["servers"]>[string];

function toServer(slug: string, known: PresentServer, names: SecretNames): ServerInput {
  const { headers, authSecrets: _, openapi, approvals, rejections, ...entry } = serverEntryOf(known);
  const refs = Object.keys(headers).map((header) => [header, names.headerRef(known, header)]);
  const authRefs = known.server.authSecretNames.map((name) => [name, names.authRef(known, name)]);
  const whole = {
    ...entry,
    // Where it was given as text, that is what makes it again.
    ...(openapi && {
      openapi: { ...openapi, ...(openapi.document !== undefined && { document: known.documentText ?? "" }) },
    }),
    headers: Object.fromEntries(refs),
    authSecrets: Object.fromEntries(authRefs),
    approvals: compact(approvals),
    rejections: compact(rejections),
  };
  return withoutDefaults(whole, serverDefaults(slug)) as ServerInput;
}

function serverDefaults(slug: string) {
  return {
    ...serverEntry.parse({ url: "https://example.com/" }),
    url: undefined,
    title: slug,
    approvals: {},
    rejections: {},
  };
}

function portalDefaults(slug: string) {
  return { ...portalEntry.parse({}), title: slug };
}

/** A server that a portal takes as it is, is its slug. */
function toPortalServer({ server, mode, ...curated }: PortalServerEntry) {
  const said = curatedFields.filter((field) => Object.keys(curated[field]).length > 0);
  if (mode === "all" && said.length === 0) return server;
  return {
    server,
    ...(mode !== "all" && { mode }),
    ...Object.fromEntries(said.map((field) => [field, curated[field]])),
  };
}
