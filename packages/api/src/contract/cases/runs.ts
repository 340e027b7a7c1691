import type { TestRun } from "../../testing.ts";
import { createClient } from "../../testing/client.ts";
import type { MakeRequest, Scene } from "../scene.ts";
import { nothing, type CaseTable } from "./operation-cases.ts";

const none = { params: { id: `run_${"0".repeat(32)}` } };

const ended: Partial<TestRun> = { ending: { status: "completed", text: '{"n":1}' } };

/** A run of somebody, under way unless said otherwise; with their client of the API. */
async function aRun(scene: Scene, more: Partial<TestRun> = {}) {
  const { secret, userId } = await scene.newClientOfUser();
  const id = await scene.house.runs.add({ caller: { principalId: userId }, called: ["crm_look"], ...more });
  return { params: { id }, as: createClient(scene.house.app, secret) };
}

const byAdmin =
  (more?: Partial<TestRun>): MakeRequest =>
  async (scene) => {
    const { params } = await aRun(scene, more);
    return { params };
  };

const byCaller =
  (more?: Partial<TestRun>): MakeRequest =>
  (scene) =>
    aRun(scene, more);

export const runCases: CaseTable = {
  listRuns: { good: nothing },
  getRun: { good: byAdmin(ended), failures: { run_unknown: () => none } },
  cancelRun: { good: byAdmin(), failures: { run_unknown: () => none, run_ended: byAdmin(ended) } },
  listMyRuns: { good: nothing },
  // Whoever may read everything reads what somebody else's run returned no more than others do.
  getMyRun: { good: byCaller(ended), failures: { run_unknown: byAdmin(ended) } },
  cancelMyRun: { good: byCaller(), failures: { run_unknown: byAdmin(), run_ended: byCaller(ended) } },
};
