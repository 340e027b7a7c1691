import type { MakeRequest, Scene } from "../scene.ts";
import { nothing, type CaseTable } from "./operation-cases.ts";

const url = "https://hooks.example.com/castellan";

async function newWebhook({ house, newSlug }: Scene) {
  const name = newSlug();
  await house.webhooks.add(name, { url, kinds: [], allowPrivate: [], isEnabled: true });
  return { params: { name } };
}

const aWebhook: MakeRequest = (scene) => newWebhook(scene);
const nobody = { params: { name: "nobody" } };
const notFound = { webhook_not_found: () => nobody };
const privateUrl = "https://10.0.0.1/hook";
const noPolicy = { url, allowPrivate: ["http://*"] };

export const webhookCases: CaseTable = {
  listWebhooks: { good: nothing },
  addWebhook: {
    good: (scene) => ({ body: { name: scene.newSlug(), url, kinds: ["approval.asked"] } }),
    failures: {
      webhook_name_taken: async (scene) => {
        const { params } = await newWebhook(scene);
        return { body: { name: params.name, url } };
      },
      outbound_refused: (scene) => ({ body: { name: scene.newSlug(), url: privateUrl } }),
      outbound_policy_invalid: (scene) => ({ body: { name: scene.newSlug(), ...noPolicy } }),
    },
  },
  getWebhook: { good: aWebhook, failures: notFound },
  changeWebhook: {
    good: async (scene) => ({ ...(await newWebhook(scene)), body: { isEnabled: false } }),
    failures: {
      webhook_not_found: () => ({ ...nobody, body: { isEnabled: false } }),
      outbound_refused: async (scene) => ({ ...(await newWebhook(scene)), body: { url: privateUrl } }),
      outbound_policy_invalid: async (scene) => ({ ...(await newWebhook(scene)), body: noPolicy }),
    },
  },
  removeWebhook: { good: aWebhook, failures: notFound },
  rotateWebhookSecret: { good: aWebhook, failures: notFound },
  testWebhook: {
    good: async (scene) => {
      const { params } = await newWebhook(scene);
      await scene.house.webhooks.change(params.name, { isEnabled: false });
      return { params };
    },
    failures: notFound,
  },
  listNotices: { good: nothing },
};
