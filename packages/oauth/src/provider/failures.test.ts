/** What clients and people are told when this server cannot go on. */
import { kernelFaults } from "@castellan/kernel";
import { expect, test } from "vitest";
import { createTestOAuth, firstOf } from "./testing.ts";
import { authorizePath, createPkce, readForm } from "./testing-browser.ts";
import { addPublicClient, codeForm, obtainCode, post } from "./testing-client.ts";

const unavailable = kernelFaults.fault("shutting_down", "not now");
const defect = new TypeError("a defect");

test.each([
  ["is told to come again", unavailable, 503, "temporarily_unavailable", 0],
  ["is told of an error without what it was", defect, 500, "server_error", 1],
])("a client %s; an operator hears of defects", async (_what, failure, status, error, heard) => {
  let fails = false;
  await using house = await createTestOAuth({
    peoplePort: (people) => ({ get: async (id) => (fails ? Promise.reject(failure) : people.get(id)) }),
  });
  const { app } = firstOf(house.replicas);
  const clientId = await addPublicClient(house);
  const user = await house.addPerson("ada@example.com");
  const code = await obtainCode(house, { user, clientId });
  const browser = await house.browserOf(user);
  const page = await readForm(await browser.follow(app, authorizePath(clientId, createPkce())));
  page.fields.set("decision", "allow");
  const allowed = await browser.send(app, page.action, { method: "POST", body: page.fields });

  fails = true;
  const told = await post(app, "/token", codeForm(code));
  expect([told.status, told.body["error"], JSON.stringify(told.body).includes("defect")]).toEqual([
    status,
    error,
    false,
  ]);
  expect(house.errors).toEqual(Array.from({ length: heard }, () => failure));
  const resumed = await browser.send(app, allowed.headers.get("location") ?? "");
  const text = await resumed.text();
  expect([resumed.status, resumed.headers.get("location"), text.includes("a defect")]).toEqual([
    status,
    null,
    false,
  ]);
});
