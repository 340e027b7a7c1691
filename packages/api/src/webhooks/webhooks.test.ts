import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestApi, type TestApi } from "../testing.ts";
import { createClient, type Client } from "../testing/client.ts";

let house: TestApi;
let admin: Client;
const server = createServer((_request, response) => response.writeHead(204).end());
beforeAll(async () => {
  house = await createTestApi();
  admin = createClient(house.app, await house.createToken({}));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
});
afterAll(async () => {
  server.close();
  await house[Symbol.asyncDispose]();
});

test("a webhook is made, tested, told, and its secret is shown where it is made only", async () => {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  const made = await admin("POST", "/webhooks", { name: "chat", url, allowPrivate: ["127.0.0.1"] });
  const { secret, ...webhook } = made.body as { secret: string };
  expect([made.status, secret]).toEqual([201, expect.stringMatching(/^whsec_/)]);
  expect((await admin("GET", "/webhooks")).body).toEqual({ items: [webhook] });
  expect((await admin("POST", "/webhooks/chat/test", {})).body).toEqual({ isDelivered: true, status: 204 });

  await house.database.transaction((tx) =>
    house.notices.send(tx, {
      kind: "approval.asked",
      emails: [],
      letter: { subject: "x", lines: [], link: undefined },
      data: {},
    }),
  );
  await expect
    .poll(async () => (await admin("GET", "/notices?state=delivered&channel=webhook")).body)
    .toMatchObject({ items: [{ kind: "approval.asked", recipient: "chat", attempts: 1 }] });

  const rotated = await admin("POST", "/webhooks/chat/rotate", { overlapSeconds: 0 });
  expect(rotated.body).toMatchObject({ name: "chat", version: 2 });
  await admin("PATCH", "/webhooks/chat", { isEnabled: false });
  expect((await admin("POST", "/webhooks/chat/test", {})).body).toEqual({
    isDelivered: false,
    error: "The webhook is switched off",
  });
  expect((await admin("DELETE", "/webhooks/chat")).status).toBe(204);
  expect((await admin("GET", "/webhooks")).body).toEqual({ items: [] });
});
