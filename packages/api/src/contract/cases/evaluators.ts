/** Evaluators of devices and sessions. Where the company's identity provider has its keys, one could have its own. */
import type { MakeRequest, Scene } from "../scene.ts";
import { nobody, nothing, type CaseTable } from "./operation-cases.ts";

const evaluatorNotFound = { evaluator_not_found: () => nobody };

async function reachable(scene: Scene, keysPath = "/jwks") {
  const { issuer } = await scene.idp();
  return { url: `${issuer}/evaluate`, keysUrl: `${issuer}${keysPath}`, allowPrivate: ["127.0.0.1"] };
}

const aNew =
  (over: object = {}): MakeRequest =>
  async (scene) => ({ body: { slug: scene.newSlug(), ...(await reachable(scene)), ...over } });

async function add(scene: Scene): Promise<string> {
  const { body } = await aNew()(scene);
  const answer = await scene.admin("POST", "/evaluators", body);
  return (answer.body as { slug: string }).slug;
}

const aMade =
  (body?: object): MakeRequest =>
  async (scene) => ({ params: { slug: await add(scene) }, ...(body && { body }) });

/** One where nothing is, and one where something else is than keys. */
const away = { url: "http://127.0.0.1:1/", keysUrl: "http://127.0.0.1:1/keys", allowPrivate: ["127.0.0.1"] };
const unfit: MakeRequest = async (scene) => ({
  body: { slug: scene.newSlug(), ...(await reachable(scene, "/.well-known/openid-configuration")) },
});

export const evaluatorCases: CaseTable = {
  listEvaluators: { good: nothing },
  addEvaluator: {
    good: aNew({ title: "Devices", timeoutMs: 1_000, cacheSeconds: 0 }),
    failures: {
      evaluator_taken: async (scene) => aNew({ slug: await add(scene) })(scene),
      evaluator_unfit: unfit,
      evaluator_unavailable: aNew(away),
      outbound_refused: aNew({ url: "https://10.0.0.1/" }),
      outbound_policy_invalid: aNew({ allowPrivate: ["10.0.0.0/99"] }),
    },
  },
  getEvaluator: { good: aMade(), failures: evaluatorNotFound },
  changeEvaluator: {
    good: aMade({ title: "Changed" }),
    failures: {
      evaluator_not_found: () => ({ ...nobody, body: { title: "Nobody" } }),
      evaluator_unfit: async (scene) => ({
        params: { slug: await add(scene) },
        body: await reachable(scene, "/.well-known/openid-configuration"),
      }),
      evaluator_unavailable: aMade(away),
      outbound_refused: aMade({ url: "https://10.0.0.1/" }),
      outbound_policy_invalid: aMade({ allowPrivate: ["10.0.0.0/99"] }),
    },
  },
  removeEvaluator: {
    good: aMade(),
    failures: {
      ...evaluatorNotFound,
      rule_refers: async (scene) => {
        const slug = await add(scene);
        const include = [{ everyone: true }];
        const rule = { name: scene.newSlug(), action: "allow", include, require: [{ posture: slug }] };
        await scene.admin("POST", "/policies", rule);
        return { params: { slug } };
      },
    },
  },
};
