/** Rules about clients: a client is what it was let in as, whatever it says of itself. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openLegacy, parsed } from "../../portal/client.ts";
import { addClient, addLocal, letIn } from "./people.ts";
import { expectDecided, letThrough, placements, refused } from "./placements.ts";
import { openSelectors, type SelectorScene, type Way } from "./scene.ts";

const opened = new AsyncDisposableStack();
let scene: SelectorScene;
let trusted: string;
let machine: string;
let ways: Readonly<Record<"trusted" | "pretending" | "program" | "machine" | "nobody", Way>>;

beforeAll(async () => {
  scene = opened.use(await openSelectors());
  const ann = await addLocal(scene, "ann@example.com", []);
  const [editor, other] = [await addClient(scene, "Editor"), await addClient(scene, "Editor")];
  trusted = editor.id;
  const { main, open, house } = scene;
  const own = await house.api<{ id: string; secret: string }>("POST", "/clients", machineClient);
  machine = own.id;
  ways = {
    trusted: await letIn(scene, ann, editor),
    // The same person and the same name; the id, too, where a client can say whatever it likes.
    pretending: {
      ...(await letIn(scene, ann, other)),
      clientInfo: { name: trusted, version: "1" },
      headers: { "x-client-id": trusted, "user-agent": trusted },
    },
    program: { url: main, token: (await scene.program("program")).secret },
    machine: { url: main, token: await tokenFor(own) },
    nobody: { url: open, token: undefined, clientInfo: { name: trusted, version: "1" } },
  };
});
afterAll(() => opened.disposeAsync());

const machineClient = {
  name: "Nightly",
  authMethod: "client_secret_basic",
  grantTypes: ["client_credentials"],
  scopes: ["portal:main", "portal:main:read"],
};

async function tokenFor({ id, secret }: { id: string; secret: string }): Promise<string> {
  const answer = await fetch(`${scene.house.url}/oauth/token`, {
    method: "POST",
    headers: { authorization: `Basic ${btoa(`${id}:${secret}`)}` },
    body: new URLSearchParams({
      grant_type: "client_credentials",
      resource: scene.main,
      scope: "portal:main portal:main:read",
    }),
  });
  const told = (await answer.json()) as { access_token?: string };
  if (told.access_token === undefined) throw new Error(JSON.stringify(told));
  return told.access_token;
}

describe.each(placements)("$place", (placement) => {
  test("the client by which somebody comes", async () => {
    const { trusted: fitting, ...others } = ways;
    await expectDecided(scene, placement, {
      selector: { client: trusted },
      known: "who",
      fitting: { trusted: fitting },
      others,
    });
  });

  test("a client that comes for itself", async () => {
    const { machine: fitting, ...others } = ways;
    await expectDecided(scene, placement, {
      selector: { client: machine },
      known: "who",
      fitting: { machine: fitting },
      others,
    });
  });
});

test("in an old session, too, a client is not what it calls itself", async () => {
  await scene.setRule({ action: "allow", include: [{ client: trusted }] });
  const outcomes = async ({ url, token }: Way) => {
    const session = await openLegacy(
      { url, token: token as string },
      { clientInfo: { name: trusted, version: "1" } },
    );
    const { error } = parsed(await session.call("tools/call", { name: "desk_look", arguments: {} }));
    return error?.data.code ?? "ok";
  };
  expect([await outcomes(ways.trusted), await outcomes(ways.pretending)]).toEqual(["ok", "tool_unknown"]);
  expect([await scene.see(ways.trusted), await scene.see(ways.pretending)]).toEqual([
    letThrough("allow"),
    refused("allow", "who"),
  ]);
});
