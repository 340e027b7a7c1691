import { credentialFaults, type LinkRequest } from "@castellan/credentials";
import { createId, type Id } from "@castellan/kernel";
import { expect, test } from "vitest";
import type { CallLinks } from "../credentials/ports.ts";
import { codeOf } from "../testing.ts";
import { askOnce } from "./ask-once.ts";

type Wanted = Parameters<CallLinks["ask"]>[0];

/** Holds each request until it is let go, and knows how many it has of each person at most. */
function desk() {
  const held: { readonly wanted: Wanted; readonly turn: PromiseWithResolvers<LinkRequest> }[] = [];
  const links: Pick<CallLinks, "ask"> = {
    ask(wanted) {
      const turn = Promise.withResolvers<LinkRequest>();
      held.push({ wanted, turn });
      return turn.promise;
    },
  };
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  const letGo = async (at: number) => {
    held[at]?.turn.resolve({ id: createId("link") } as LinkRequest);
    await settled();
  };
  const fail = async (at: number) => {
    held[at]?.turn.reject(credentialFaults.fault("links_limited", "no"));
    await settled();
  };
  return { links, held, letGo, fail, settled };
}

function wants(personId: Id<"user">, clientName = "client"): Wanted {
  return {
    targetId: "srv_1",
    owner: { kind: "person", id: personId },
    personId,
    reason: "not_linked",
    scopes: [],
    from: { clientId: undefined, clientName, portal: "main" },
  };
}

test("many calls that want the same ask once, and later ones anew", async () => {
  const { links, held, letGo, settled } = desk();
  const ada = createId("user");
  const asked = Array.from({ length: 100 }, () => askOnce(links, wants(ada)));
  await settled();
  await letGo(0);
  expect(new Set((await Promise.all(asked)).map(({ id }) => id)).size).toBe(1);
  expect(held).toHaveLength(1);
  void askOnce(links, wants(ada));
  await settled();
  expect(held).toHaveLength(2);
});

test("one person has one on its way, whatever becomes of it; others do not wait for them", async () => {
  const { links, held, letGo, fail, settled } = desk();
  const [ada, bob] = [createId("user"), createId("user")];
  const hers = ["a", "b", "c"].map((name) => codeOf(askOnce(links, wants(ada, name))));
  const his = codeOf(askOnce(links, wants(bob)));
  await settled();
  const clients = () => held.map(({ wanted }) => [wanted.personId, wanted.from?.clientName]);
  expect(clients()).toEqual([
    [ada, "a"],
    [bob, "client"],
  ]);
  await fail(0);
  await letGo(1);
  await letGo(2);
  await letGo(3);
  expect(clients().slice(2)).toEqual([
    [ada, "b"],
    [ada, "c"],
  ]);
  expect([await Promise.all(hers), await his]).toEqual([["links_limited", "done", "done"], "done"]);
});

test("a flood of what is not the same is turned away", async () => {
  const { links, held, settled } = desk();
  const ada = createId("user");
  for (let n = 0; n < 64; n++) void askOnce(links, wants(ada, `client ${n}`));
  expect(await codeOf(askOnce(links, wants(ada, "one more")))).toBe("links_limited");
  await settled();
  expect(held).toHaveLength(1);
});
