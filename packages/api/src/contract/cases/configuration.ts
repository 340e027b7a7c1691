import { reachable, type MakeRequest, type Scene } from "../scene.ts";
import { aStranger } from "./clients.ts";
import { nothing, type CaseTable } from "./operation-cases.ts";

/** A document of this one name, of a fresh server if nothing else is said. */
function documentOf(scene: Scene, rest?: object) {
  const fresh = { servers: { [scene.newSlug()]: reachable(scene.upstream) } };
  return { apiVersion: "castellan/v1", name: scene.newSlug(), ...(rest ?? fresh) };
}

const aSecret = { headers: { "X-Key": { secretRef: "env:KEY" } } };

/** What stands against a document. */
const configurationFailures: Readonly<Record<string, MakeRequest>> = {
  resource_not_managed: async (scene) => {
    const server = { ...reachable(scene.upstream), title: "Another" };
    return { body: { document: documentOf(scene, { servers: { [await scene.newServer()]: server } }) } };
  },
  resource_in_use: async (scene) => {
    const [name, server] = [scene.newSlug(), scene.newSlug()];
    const servers = { [server]: reachable(scene.upstream) };
    await scene.admin("POST", "/config/apply", { document: { ...documentOf(scene, { servers }), name } });
    await scene.newPortal({ servers: [server] });
    return { body: { document: { ...documentOf(scene, {}), name }, prune: true } };
  },
  secret_missing: (scene) => ({
    body: {
      document: documentOf(scene, {
        servers: { [scene.newSlug()]: { ...reachable(scene.upstream), ...aSecret } },
      }),
    },
  }),
  secret_invalid: (scene) => ({
    body: {
      document: documentOf(scene, {
        servers: { [scene.newSlug()]: { ...reachable(scene.upstream), ...aSecret } },
      }),
      secrets: { "env:KEY": "two\nlines" },
    },
  }),
  field_unchangeable: async (scene) => {
    const [name, id] = [scene.newSlug(), scene.newSlug()];
    const documentWith = (authMethod: string) => {
      const client = { authMethod, grantTypes: ["client_credentials"] };
      return { ...documentOf(scene, { clients: { [id]: client } }), name };
    };
    await scene.admin("POST", "/config/apply", { document: documentWith("client_secret_basic") });
    return { body: { document: documentWith("client_secret_post") } };
  },
  portal_not_found: (scene) => ({
    body: {
      document: documentOf(scene, {
        clients: {
          [scene.newSlug()]: {
            authMethod: "client_secret_basic",
            grantTypes: ["client_credentials"],
            scopes: ["portal:nobody"],
          },
        },
      }),
    },
  }),
  server_unknown: (scene) => ({
    body: { document: documentOf(scene, { portals: { [scene.newSlug()]: { servers: ["nobody"] } } }) },
  }),
  rule_without_effect: (scene) => ({
    body: {
      document: documentOf(scene, {
        policies: { [scene.newSlug()]: { action: "block", include: [{ ip: "10.0.0.1/8" }] } },
      }),
    },
  }),
  outbound_refused: (scene) => ({
    body: { document: documentOf(scene, { servers: { [scene.newSlug()]: { url: scene.upstream.url } } }) },
  }),
  outbound_policy_invalid: (scene) => ({
    body: {
      document: documentOf(scene, {
        servers: { [scene.newSlug()]: { url: scene.upstream.url, allowPrivate: ["10.0.0.0/99"] } },
      }),
    },
  }),
};

export const configurationCases: CaseTable = {
  planConfiguration: {
    good: (scene) => ({ body: { document: documentOf(scene) } }),
    failures: configurationFailures,
  },
  applyConfiguration: {
    good: (scene) => ({ body: { document: documentOf(scene) } }),
    failures: {
      ...configurationFailures,
      version_stale: (scene) => ({ body: { document: documentOf(scene), basis: "another" } }),
      hostname_taken: (scene) => {
        const one = { hostname: `${scene.newSlug()}.example.com` };
        return {
          body: {
            document: documentOf(scene, { portals: { [scene.newSlug()]: one, [scene.newSlug()]: one } }),
          },
        };
      },
      trusted_issuer_unknown: (scene) => ({
        body: {
          document: documentOf(scene, { portals: { [scene.newSlug()]: { trustedIssuers: ["nobody"] } } }),
        },
      }),
      trusted_issuer_taken: async (scene) => {
        const one = { issuer: "https://issuer.example", audience: scene.newSlug() };
        const trustedIssuers = { [scene.newSlug()]: one, [scene.newSlug()]: one };
        return { as: await scene.owner(), body: { document: documentOf(scene, { trustedIssuers }) } };
      },
      rule_refers: async (scene) => {
        const [name, slug] = [scene.newSlug(), scene.newSlug()];
        const places = { url: "https://posture.example/ask", keysUrl: "https://posture.example/keys" };
        const evaluators = { [slug]: places };
        const made = { document: { ...documentOf(scene, { evaluators }), name } };
        await scene.admin("POST", "/config/apply", made);
        const rule = { name: scene.newSlug(), action: "block", include: [{ posture: slug }] };
        await scene.admin("POST", "/policies", rule);
        return { body: { document: { ...documentOf(scene, {}), name }, prune: true } };
      },
      client_not_registered: async (scene) => {
        const { id } = (await aStranger(scene)).params;
        const client = { authMethod: "none", redirectUris: ["https://app.example/"] };
        return { body: { document: documentOf(scene, { clients: { [id]: client } }) } };
      },
      alias_taken: (scene) => {
        const server = scene.newSlug();
        const tools = { a: { alias: "same" }, b: { alias: "same" } };
        const portals = { [scene.newSlug()]: { servers: [{ server, tools }] } };
        return {
          body: {
            document: documentOf(scene, { servers: { [server]: reachable(scene.upstream) }, portals }),
          },
        };
      },
    },
  },
  exportConfiguration: { good: nothing },
  getConfigurationSchema: { good: nothing },
};
