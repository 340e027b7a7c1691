/** A way around what is withheld: the same resource in another spelling, or by the way of another template. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { cells, openCaller } from "../harness/cells.ts";
import { openAttackScene, type AttackScene } from "./scene.ts";

let scene: AttackScene;
beforeAll(async () => {
  scene = await openAttackScene();
});
afterAll(() => scene[Symbol.asyncDispose]());

const templates = ["doc://x/{+any}", "doc://x/secret/{id}", "doc://x/secret/open/{+id}"];

test.each(cells)(
  "$cell: a server is not asked for what a portal withholds, however it is spelled",
  async ({ caller: era, server }) => {
    const {
      door,
      slug,
      server: upstream,
    } = await scene.hostile(server, {
      capabilities: '{"resources":{},"completions":{}}',
      script: {
        "resources/list": () => '{"resultType":"complete","resources":[]}',
        "resources/templates/list": () =>
          `{"resultType":"complete","resourceTemplates":[${templates.map((uriTemplate) => JSON.stringify({ uriTemplate, name: "t" })).join()}]}`,
        "resources/read": ({ uri }) =>
          `{"resultType":"complete","contents":[{"uri":${JSON.stringify(uri)},"text":"read"}]}`,
        "completion/complete": () => '{"resultType":"complete","completion":{"values":["one"]}}',
      },
    });
    await scene.house.api("PATCH", `/portals/${slug}/servers/${slug}`, {
      resourceTemplates: { "doc://x/secret/{id}": { enabled: false } },
    });
    await using caller = await openCaller(era, door);
    const outcome = async (method: string, params: object) => {
      const { message } = await caller.request(method, params);
      return message.error ? "refused" : "answered";
    };
    const read = (path: string) => outcome("resources/read", { uri: `doc://x/${path}` });
    const complete = (path: string) =>
      outcome("completion/complete", {
        ref: { type: "ref/resource", uri: `doc://x/${path}` },
        argument: { name: "id", value: "" },
      });
    expect([await read("a"), await read("secret/open/1"), await complete("{+any}")]).toEqual([
      "answered",
      "answered",
      "answered",
    ]);
    upstream.recording.clear();
    for (const path of ["secret/1", "%73ecret/1", "SECRET/1", "a/../secret/1", "secret/open/%2e%2e/1"])
      expect([path, await read(path)]).toEqual([path, "refused"]);
    for (const path of ["secret/{id}", "%73ecret/{id}", "secret/open/../{id}"])
      expect([path, await complete(path)]).toEqual([path, "refused"]);
    expect(["resources/read", "completion/complete"].map((method) => upstream.recording.of(method))).toEqual([
      [],
      [],
    ]);
  },
);
