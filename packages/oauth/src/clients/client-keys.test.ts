import { createManualClock } from "@castellan/kernel";
import { createOutbound } from "@castellan/web";
import { expect, test } from "vitest";
import { createClientKeys, waitMs } from "./client-keys.ts";
import { describes, serveDocuments } from "./testing.ts";

const url = "https://client.example/keys.json";

test("keys that cannot be had are asked for once per ten seconds, however many requests want them", async () => {
  await using server = await serveDocuments();
  server.answer = (_request, response) => response.destroy();
  const clock = createManualClock();
  const fetchKeys = createClientKeys({ outbound: server.outbound, clock });
  for (let times = 0; times < 20; times += 1)
    await expect(fetchKeys(url)).rejects.toMatchObject({ code: "outbound_unreachable" });
  expect(server.asked).toHaveLength(1);
  // Another client's are another matter.
  await expect(fetchKeys(`${url}?other`)).rejects.toMatchObject({ code: "outbound_unreachable" });
  expect(server.asked).toHaveLength(2);

  server.answer = describes({ keys: [] });
  await expect(fetchKeys(url)).rejects.toMatchObject({ code: "outbound_unreachable" });
  clock.advance(waitMs);
  expect(await (await fetchKeys(url)).json()).toEqual({ keys: [] });
  expect(await (await fetchKeys(url)).json()).toEqual({ keys: [] });
});

test.each(["https://127.0.0.1/k", "https://[::1]/k", "https://169.254.169.254/k", "http://client.example/k"])(
  "%s is not asked for keys",
  async (inside) => {
    await using outbound = createOutbound();
    const fetchKeys = createClientKeys({ outbound, clock: createManualClock() });
    await expect(fetchKeys(inside)).rejects.toMatchObject({ code: "outbound_refused" });
  },
);
