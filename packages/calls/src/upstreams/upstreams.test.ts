import { expect, test } from "vitest";
import { openScene, startLegacyServer } from "../conversations/testing.ts";

test("calls go over the transport that is set, whatever was found", async () => {
  await using server = await startLegacyServer();
  await using scene = await openScene(server);
  const { call, flush } = await scene.openReplica();
  expect((await call()).result).toEqual({ resultType: "complete" });

  await scene.servers.change(scene.slug, { transport: "sse" });
  await flush();
  // The session over the old transport is ended.
  await server.until(() => server.sessions.size === 0);
  const before = server.seen.length;
  // There is no stream of 2024-11-05 at this address.
  expect((await call()).error.data).toMatchObject({ code: "upstream_refused", status: 404 });
  expect(server.seen.slice(before).map(({ method }) => method)).toEqual(["GET"]);

  await scene.servers.change(scene.slug, { transport: "streamable-http" });
  await flush();
  expect((await call()).result).toEqual({ resultType: "complete" });
});
