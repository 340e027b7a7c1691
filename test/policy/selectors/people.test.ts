/** Rules about people: who they are, how they signed in, and what their company says of them. */
import type { CompanyIdp } from "@castellan/access/testing";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { addClient, addCompany, addLocal, comeFrom, letIn, withTokenOf } from "./people.ts";
import { expectDecided, letThrough, placements, refused, type Case } from "./placements.ts";
import { openSelectors, type Seen, type SelectorScene, type Way } from "./scene.ts";

const names = ["ann", "bob", "cat", "dan", "eve", "program"] as const;
type Name = (typeof names)[number];

const opened = new AsyncDisposableStack();
let scene: SelectorScene;
let idp: CompanyIdp;
let annId: string;
let ways: Readonly<Record<Name, Way>>;

beforeAll(async () => {
  scene = opened.use(await openSelectors());
  for (const name of ["staff", "guests"]) await scene.house.api("POST", "/groups", { name });
  idp = opened.use(await addCompany(scene));
  const editor = await addClient(scene, "Editor");
  const ann = await addLocal(scene, "ann@example.com", ["staff"]);
  annId = ann.id;
  const bob = await addLocal(scene, "bob@eu.example.com", ["guests"]);
  const cat = await comeFrom(idp, scene, {
    subject: "cat",
    amr: ["hwk", "mfa"],
    roles: ["finance", "audit"],
    groups: ["staff"],
  });
  const dan = await comeFrom(idp, scene, { subject: "dan", amr: ["pwd"], roles: ["sales"], groups: [] });
  ways = {
    ann: await letIn(scene, ann, editor),
    bob: await letIn(scene, bob, editor),
    cat: await letIn(scene, cat, editor),
    dan: await letIn(scene, dan, editor),
    eve: await withTokenOf(idp, scene, {
      subject: "eve",
      roles: "finance",
      level: 7,
      amr: ["pwd", "otp"],
      groups: ["guests"],
    }),
    program: { url: scene.main, token: (await scene.program("program")).secret },
  };
});
afterAll(() => opened.disposeAsync());

const cases: readonly (readonly [string, Case["selector"], readonly Name[]])[] = [
  ["an address", { email: "ann@example.com" }, ["ann"]],
  ["an address in other letters", { email: "CAT@Corp.Example" }, ["cat"]],
  ["a domain, and none below it", { emailDomain: "example.com" }, ["ann"]],
  ["the domain of a company", { emailDomain: "corp.example" }, ["cat", "dan", "eve"]],
  ["a group, however they came to it", { group: "staff" }, ["ann", "cat"]],
  ["another group", { group: "guests" }, ["bob", "eve"]],
  ["an account of ours", { loginMethod: "local" }, ["ann", "bob"]],
  ["a provider", { loginMethod: "corp" }, ["cat", "dan"]],
  ["a trusted issuer", { loginMethod: "corp-tokens" }, ["eve"]],
  ["a code of an app", { authenticationMethod: "otp" }, ["ann", "bob", "eve"]],
  ["several factors", { authenticationMethod: "mfa" }, ["ann", "bob", "cat"]],
  ["a key", { authenticationMethod: "hwk" }, ["cat"]],
  ["one of several values", { claim: { provider: "corp", name: "roles", equals: "finance" } }, ["cat"]],
  [
    "the only value, of another issuer",
    { claim: { provider: "corp-tokens", name: "roles", equals: "finance" } },
    ["eve"],
  ],
  ["a number", { claim: { provider: "corp-tokens", name: "level", equals: "7" } }, ["eve"]],
  ["a part of a value", { claim: { provider: "corp", name: "roles", equals: "fin" } }, []],
];

describe.each(placements)("$place", (placement) => {
  test.each(cases)("%s", async (_, selector, fits) => {
    const of = (isWanted: (name: Name) => boolean) =>
      Object.fromEntries(names.filter(isWanted).map((name) => [name, ways[name]]));
    await expectDecided(scene, placement, {
      selector,
      known: "who",
      fitting: of((name) => fits.includes(name)),
      others: of((name) => !fits.includes(name)),
    });
  });
});

test("who is put into a group, or taken out of it, is another one with the next call", async () => {
  const { items } = await scene.house.api<{ items: { id: string; name: string }[] }>("GET", "/groups");
  const staff = items.find(({ name }) => name === "staff")?.id ?? "";
  await scene.setRule({ action: "allow", include: [{ group: "staff" }] });
  expect(await scene.see(ways.ann)).toEqual(letThrough("allow"));
  await scene.house.api("DELETE", `/groups/${staff}/members/${annId}`);
  expect(await scene.see(ways.ann)).toEqual(refused("allow", "who"));
  await scene.house.api("PUT", `/groups/${staff}/members/${annId}`);
  expect(await scene.see(ways.ann)).toEqual(letThrough("allow"));
});

test("of whom the company says something else at their next sign-in, that holds for what they let in before", async () => {
  const { cat } = ways;
  await scene.setRule({
    action: "allow",
    include: [{ claim: { provider: "corp", name: "roles", equals: "finance" } }],
    require: [{ authenticationMethod: "hwk" }],
  });
  expect(await scene.see(cat)).toEqual(letThrough("allow"));
  const again = (roles: string[]) =>
    comeFrom(idp, scene, { subject: "cat", amr: ["pwd"], roles, groups: ["staff"] });
  await again(["sales"]);
  await until(() => scene.see(cat), "tool_unknown");
  expect(await scene.see(cat)).toEqual(refused("allow", "who"));
  await again(["finance"]);
  // By what they proved themselves is of the sign-in in which the client was let in.
  await until(() => scene.see(cat), "ok");
});

/** Signing in waits for nobody to hear of it. */
async function until(see: () => Promise<Seen>, code: string): Promise<void> {
  await vi.waitUntil(async () => (await see()).code === code, { timeout: 10_000, interval: 50 });
}
