import { type MakeRequest, type Scene } from "../scene.ts";
import { aPortal, nobody, nothing, portalNotFound, type CaseTable, ruled } from "./operation-cases.ts";

/** A server in a portal. */
const aPortalServer: MakeRequest = async (scene) => {
  const server = await scene.newServer();
  return { params: { slug: await scene.newPortal({ servers: [server] }), server } };
};

/** One that a portal has. */
async function aHostname(scene: Scene): Promise<string> {
  const hostname = `${scene.newSlug()}.example.com`;
  await scene.newPortal({ hostname });
  return hostname;
}

const aliasedTwice = { tools: { x: { alias: "same" }, y: { alias: "same" } } };

export const portalCases: CaseTable = {
  listPortals: { good: nothing },
  addPortal: {
    good: (scene) => ({ body: { slug: scene.newSlug() } }),
    failures: {
      portal_slug_taken: async (scene) => ({ body: { slug: await scene.newPortal() } }),
      server_unknown: (scene) => ({ body: { slug: scene.newSlug(), servers: ["nobody"] } }),
      trusted_issuer_unknown: (scene) => ({ body: { slug: scene.newSlug(), trustedIssuers: ["nobody"] } }),
      hostname_taken: async (scene) => ({
        body: { slug: scene.newSlug(), hostname: await aHostname(scene) },
      }),
      alias_taken: async (scene) => ({
        body: { slug: scene.newSlug(), servers: [{ server: await scene.newServer(), ...aliasedTwice }] },
      }),
    },
  },
  getPortal: { good: aPortal, failures: portalNotFound },
  changePortal: {
    good: async (scene) => ({ ...(await aPortal(scene)), body: { title: "Changed" } }),
    failures: {
      portal_not_found: () => ({ ...nobody, body: { title: "Nobody" } }),
      server_unknown: async (scene) => ({ ...(await aPortal(scene)), body: { servers: ["nobody"] } }),
      trusted_issuer_unknown: async (scene) => ({
        ...(await aPortal(scene)),
        body: { trustedIssuers: ["nobody"] },
      }),
      hostname_taken: async (scene) => ({
        ...(await aPortal(scene)),
        body: { hostname: await aHostname(scene) },
      }),
      // Apart as long as names say their server.
      alias_taken: async (scene) => {
        const tools = { x: { alias: "same" } };
        const servers = [await scene.newServer(), await scene.newServer()];
        const slug = await scene.newPortal({ servers: servers.map((server) => ({ server, tools })) });
        return { params: { slug }, body: { naming: "plain" } };
      },
    },
  },
  listPortalTools: { good: aPortal, failures: portalNotFound },
  removePortal: {
    good: aPortal,
    failures: {
      ...portalNotFound,
      rule_refers: ruled(aPortal, ({ slug }) => ({ at: { portals: [slug] } })),
    },
  },
  addPortalServer: {
    good: async (scene) => ({ params: { slug: await scene.newPortal(), server: await scene.newServer() } }),
    failures: {
      portal_not_found: async (scene) => ({ params: { slug: "nobody", server: await scene.newServer() } }),
      server_unknown: async (scene) => ({ params: { slug: await scene.newPortal(), server: "nobody" } }),
      alias_taken: async (scene) => ({
        params: { slug: await scene.newPortal(), server: await scene.newServer() },
        body: aliasedTwice,
      }),
    },
  },
  changePortalServer: {
    good: async (scene) => ({ ...(await aPortalServer(scene)), body: { mode: "allowlist" } }),
    failures: {
      portal_not_found: () => ({ params: { slug: "nobody", server: "nobody" }, body: { mode: "all" } }),
      portal_server_not_listed: async (scene) => ({
        params: { slug: await scene.newPortal(), server: await scene.newServer() },
        body: { mode: "all" },
      }),
      alias_taken: async (scene) => ({ ...(await aPortalServer(scene)), body: aliasedTwice }),
    },
  },
  removePortalServer: {
    good: aPortalServer,
    failures: {
      portal_not_found: () => ({ params: { slug: "nobody", server: "nobody" } }),
      portal_server_not_listed: async (scene) => ({
        params: { slug: await scene.newPortal(), server: await scene.newServer() },
      }),
    },
  },
};
