import { createClient } from "../../testing/client.ts";
import type { Scene } from "../scene.ts";
import { nothing, type CaseTable } from "./operation-cases.ts";

const noGrant = { grant_not_found: () => ({ params: { id: `grt_${"0".repeat(32)}` } }) };

async function somebody(scene: Scene) {
  const { secret, ...given } = await scene.newClientOfUser();
  return { ...given, as: createClient(scene.house.app, secret) };
}

export const meCases: CaseTable = {
  getMe: { good: nothing },
  listMySessions: { good: nothing },
  endMySession: {
    good: async (scene) => {
      const { userId, as } = await somebody(scene);
      // Another one than that in which the client was let in, which would end with it.
      return { params: { id: (await scene.house.letClientIn(userId)).sessionId }, as };
    },
    failures: { sign_in_not_found: () => ({ params: { id: `sgn_${"0".repeat(32)}` } }) },
  },
  listMyGrants: { good: nothing },
  endMyGrant: {
    good: async (scene) => {
      const { userId, as } = await somebody(scene);
      return { params: { id: (await scene.house.letClientIn(userId)).grantId }, as };
    },
    failures: noGrant,
  },
  listGrants: { good: () => ({ query: { client: "https://client.example/id.json", ended: "true" } }) },
  endGrant: {
    good: async (scene) => ({ params: { id: (await scene.newClientOfUser()).grantId } }),
    failures: noGrant,
  },
};
