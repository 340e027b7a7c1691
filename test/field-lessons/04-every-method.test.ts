/** Field lesson 4: a person's credentials go with prompts, resources, completions and subscriptions as they go with tools. */
import { startAuthorizationServer } from "@castellan/credentials/testing";
import { expect, test } from "vitest";
import { openAccounts } from "../accounts/houses.ts";
import { notesUri } from "../accounts/upstream/notes.ts";
import { startProtectedServer } from "../accounts/upstream/protected-server.ts";
import { cells, openCaller } from "../harness/cells.ts";

test.each(cells)("$cell: $caller caller, $server server", async ({ caller: callerEra, server: era }) => {
  await using authorizationServer = await startAuthorizationServer();
  await using server = await startProtectedServer({ authorizationServer, era });
  await using scene = await openAccounts();
  await scene.add("notes", server);
  const ada = await scene.come("Ada");
  await scene.linkHere(ada, "notes");
  await using caller = await openCaller(callerEra, await ada.door("notes"));
  const asked: [method: string, params: object][] = [
    ["tools/call", { name: "notes_whoami", arguments: {} }],
    ["prompts/get", { name: "notes_summary" }],
    ["resources/read", { uri: notesUri }],
    ["resources/read", { uri: `${notesUri}/1` }],
    [
      "completion/complete",
      { ref: { type: "ref/prompt", name: "notes_summary" }, argument: { name: "a", value: "" } },
    ],
  ];
  const before = server.visits.length;
  for (const [method, params] of asked) {
    const { message } = await caller.request(method, params);
    expect([method, JSON.stringify(message.result)]).toEqual([method, expect.stringContaining("ada")]);
  }
  await caller.watch([notesUri]);
  const hers = server.visits.slice(before);
  const watching = era === "legacy" ? "resources/subscribe" : "subscriptions/listen";
  await expect.poll(() => server.visits.slice(before).map(({ method }) => method)).toContain(watching);
  for (const [method] of [...asked, [watching]])
    expect([
      method,
      server.visits.slice(before).some((one) => one.method === method && one.user === "ada"),
    ]).toEqual([method, true]);
  expect(hers.filter(({ user }) => user !== "ada")).toEqual([]);
});
