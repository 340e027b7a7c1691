import { nothing, type CaseTable } from "./operation-cases.ts";

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
    },
  },
  revokeToken: {
    good: async (scene) => ({ params: { id: await scene.newToken() } }),
    failures: { token_not_found: () => ({ params: { id: `tok_${"0".repeat(32)}` } }) },
  },
};
