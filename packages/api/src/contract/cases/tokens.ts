import type { MakeRequest } from "../scene.ts";
import { nothing, type CaseTable } from "./operation-cases.ts";

const noToken = { params: { id: `tok_${"0".repeat(32)}` } };
const tokenNotFound = { token_not_found: () => noToken };

const aToken: MakeRequest = async (scene) => ({ params: { id: await scene.newToken() } });

const anEnded: MakeRequest = async (scene) => {
  const id = await scene.newToken();
  await scene.admin("DELETE", `/tokens/${id}`);
  return { params: { id } };
};

export const tokenCases: CaseTable = {
  listTokens: { good: nothing },
  addToken: {
    good: (scene) => ({ body: { name: scene.newSlug(), role: "member", portals: [] } }),
    failures: {
      token_name_taken: async (scene) => {
        const name = scene.newSlug();
        await scene.newToken({ name });
        return { body: { name, role: "member", portals: [] } };
      },
      portal_not_found: (scene) => ({
        body: { name: scene.newSlug(), role: "member", portals: ["nobody"] },
      }),
      server_unknown: async (scene) => ({
        body: {
          name: scene.newSlug(),
          role: "member",
          scopes: [`portal:${await scene.newPortal()}`, "nobody:read"],
        },
      }),
    },
  },
  getToken: { good: aToken, failures: tokenNotFound },
  changeToken: {
    good: async (scene) => ({ ...(await aToken(scene)), body: { portals: [await scene.newPortal()] } }),
    failures: {
      token_not_found: () => ({ ...noToken, body: { expiresAt: null } }),
      token_ended: async (scene) => ({ ...(await anEnded(scene)), body: { expiresAt: null } }),
      token_name_taken: async (scene) => {
        const name = scene.newSlug();
        await scene.newToken({ name });
        return { ...(await aToken(scene)), body: { name } };
      },
      portal_not_found: async (scene) => ({ ...(await aToken(scene)), body: { portals: ["nobody"] } }),
      server_unknown: async (scene) => ({
        ...(await aToken(scene)),
        body: { scopes: [`portal:${await scene.newPortal()}`, "nobody:read"] },
      }),
    },
  },
  rotateToken: {
    good: aToken,
    failures: {
      ...tokenNotFound,
      token_ended: anEnded,
      token_rotating: async (scene) => {
        const id = await scene.newToken();
        await scene.admin("POST", `/tokens/${id}/rotate`);
        return { params: { id } };
      },
    },
  },
  revokeToken: { good: aToken, failures: tokenNotFound },
};
