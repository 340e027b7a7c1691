/** One person, two clients, let in to different things: the narrower one gets nothing by way of the wider one's session. */
import { createId } from "@castellan/kernel";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startRawLegacy } from "../fixtures/raw-legacy.ts";
import type { Call } from "../fixtures/script.ts";
import { callersOf } from "../portal/callers.ts";
import { openLegacy, parsed, rpc, say, type Door } from "../portal/client.ts";
import { openPortals, type Portals } from "../portal/open-portals.ts";

const opened = new AsyncDisposableStack();
let here: Portals;
let there: Portals;
let wide: string;
let narrow: string;
let finish: () => void;

beforeAll(async () => {
  here = opened.use(await openPortals());
  there = opened.use(await openPortals({ beside: here }));
  const done = Promise.withResolvers<void>();
  finish = done.resolve;
  const up = opened.use(
    await startRawLegacy({
      capabilities: '{"tools":{}}',
      script: {
        "tools/list": () =>
          '{"tools":[{"name":"put","inputSchema":{"type":"object"},"annotations":{"destructiveHint":false}}]}',
        "tools/call": async function* (_, call: Call) {
          yield '{"jsonrpc":"2.0","method":"notifications/message","params":{"data":"begun"}}';
          await done.promise;
          yield call.result('{"content":[{"type":"text","text":"secret"}]}');
        },
      },
    }),
  );
  await here.sync("up", up.url);
  await here.open("main", ["up"]);
  await here.portals.change("main", { access: [{ who: "everyone", classes: ["read", "write"] }] });
  const callers = callersOf(here.database);
  const ann = await callers.person("ann");
  const grant = async (clientId: string, ...scopes: string[]) =>
    (await callers.grant(ann, "main", ["portal:main", ...scopes], clientId)).token;
  wide = await grant("https://wide.example/app.json", "portal:main:read", "portal:main:write");
  narrow = await grant("https://narrow.example/app.json", "portal:main:read");
  await Promise.all([here.flush(), there.flush()]);
});

afterAll(async () => {
  const seen = [here.faults, here.errors, there.faults, there.errors];
  await opened.disposeAsync();
  expect(seen).toEqual([[], [], [], []]);
});

const doorAt = (house: Portals, token: string): Door => ({ url: `${house.server.url}/p/main/mcp`, token });

test("a session is its client's: another of the same person does not call, hear, resume, cancel or end in it", async () => {
  const client = await openLegacy(doorAt(here, wide));
  const heard = await client.send(rpc("c", "tools/call", { name: "up_put" }));
  expect(parsed(await heard.next())["params"].data).toBe("begun");
  const place = heard.lastEventId;
  heard.leave();
  await heard.all;

  for (const house of [here, there]) {
    const { url, token } = doorAt(house, narrow);
    const tried = async (more: Parameters<typeof say>[1]) => {
      const headers = {
        "mcp-session-id": client.session,
        "mcp-protocol-version": "2025-11-25",
        ...more.headers,
      };
      const { status, all } = await say(url, { token, ...more, headers });
      return [status, parsed((await all).at(-1))["error"].data.code];
    };
    expect([
      await tried({ body: rpc(1, "tools/list") }),
      await tried({ body: rpc(undefined, "notifications/cancelled", { requestId: "c" }) }),
      await tried({ body: `{"jsonrpc":"2.0","id":"${createId("call")}","result":{}}` }),
      await tried({ method: "GET" }),
      await tried({ method: "GET", headers: { "last-event-id": place ?? "" } }),
      await tried({ method: "DELETE" }),
    ]).toEqual(Array.from({ length: 6 }, () => [404, "session_unknown"]));
  }

  // Its own client finds it as it left it.
  finish();
  const rest = await (await client.at(doorAt(there, wide)).stream(place)).all;
  expect(parsed(rest.at(-1))["result"].content[0].text).toBe("secret");
});
