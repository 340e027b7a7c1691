import { createId } from "@castellan/kernel";
import type { ShownPage } from "@castellan/web/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { approvalPath } from "./paths.ts";
import {
  createTestPages,
  needsProof,
  needsPurpose,
  needsYes,
  type TestPages,
  type TestVisitor,
} from "./testing.ts";

let house: TestPages;
let ada: TestVisitor;
let lead: TestVisitor;
let eve: TestVisitor;

beforeEach(async () => {
  house = await createTestPages();
  ada = house.visitor("Ada Lovelace");
  lead = house.visitor("Grace Hopper", { groups: ["leads"] });
  eve = house.visitor("Eve", { groups: ["others"] });
});
afterEach(async () => {
  expect(house.errors).toEqual([]);
  await house[Symbol.asyncDispose]();
});

const stateOf = async (id: Parameters<TestPages["approvals"]["find"]>[0]) =>
  (await house.approvals.find(id))?.state;

/** What stands under a heading. */
const section = (page: ShownPage, from: string, to: string) =>
  page.words.slice(page.words.indexOf(from), page.words.indexOf(to));

test("somebody who may decide reads who asks for what, with what, why and until when, and says yes", async () => {
  const { id } = await house.ask(ada.person, [needsYes({ holdsSeconds: 3600 })]);
  house.clock.advance(180_000);
  const page = await lead.browser.get(approvalPath(id));
  expect(page.words).toBe(
    "Let Ada Lovelace use okrs_delete ? " +
      "You are signed in as Grace Hopper ( grace@example.com ). Not you? " +
      "Who asks Ada Lovelace ( ada@example.com ) With Claude From 192.0.2.7 " +
      "Tool okrs_delete (its own name: delete ) It deletes or overwrites things. " +
      "Server okrs , through the portal main Asked 3 minutes ago " +
      "Expires in 23 hours , 2 January 2026 at 00:00 UTC " +
      'With what { "id" : 7, "reason" : "old" } ' +
      "What it needs A yes of somebody in leads Rule big-changes open " +
      "Your decision Why (you may leave it empty) " +
      "A yes also lets through every other call of the same kind by the same caller for 1 hour, with whatever arguments. " +
      "Whoever asked sees your name and what you write. Approve Reject",
  );
  const done = await lead.browser.submit(page, `${approvalPath(id)}/decision`, {
    decision: "yes",
    reason: "agreed\r\nlast week",
  });
  expect([done.status, done.location]).toEqual([303, approvalPath(id)]);
  expect(await house.approvals.find(id)).toMatchObject({
    state: "approved",
    met: [{ need: 0, by: lead.person.id, byName: "Grace Hopper", text: "agreed\nlast week" }],
  });
  const after = await ada.browser.get(approvalPath(id));
  expect(after.title).toContain("Approved");
  expect(after.words).toContain(
    "Go back to your program. It goes on by itself, or you repeat the call there.",
  );
  expect(after.words).toContain("agreed last week ✓ Grace Hopper , just now");
  expect([...after.forms.keys()]).toEqual([`${approvalPath(id)}/withdraw`]);
});

test("a no says who and why, and counts though somebody had the page open to say yes", async () => {
  const { id } = await house.ask(ada.person, [needsYes()]);
  const other = house.visitor("Barbara", { groups: ["leads"] });
  const [page, open] = [await lead.browser.get(approvalPath(id)), await other.browser.get(approvalPath(id))];
  await lead.browser.submit(page, `${approvalPath(id)}/decision`, { decision: "no", reason: "<b>not today" });
  const late = await other.browser.submit(open, `${approvalPath(id)}/decision`, { decision: "yes" });
  expect([late.status, await stateOf(id)]).toEqual([409, "rejected"]);
  expect(late.words).toContain("What you did came too late and changed nothing. This is how it stands:");
  expect(late.words).toContain("Grace Hopper said no, just now : <b>not today");
  expect(late.text).not.toContain("<b>");
  expect([...late.forms.keys()]).toEqual([]);
});

test("of two who decide at once one counts", async () => {
  const { id } = await house.ask(ada.person, [needsYes()]);
  const other = house.visitor("Barbara", { groups: ["leads"] });
  const path = `${approvalPath(id)}/decision`;
  const [page, open] = [await lead.browser.get(approvalPath(id)), await other.browser.get(approvalPath(id))];
  const answers = await Promise.all([
    lead.browser.submit(page, path, { decision: "yes" }),
    other.browser.submit(open, path, { decision: "no" }),
  ]);
  expect(answers.map(({ status }) => status).toSorted()).toEqual([303, 409]);
  expect(await stateOf(id)).toBe(answers[0]?.status === 303 ? "approved" : "rejected");
});

test("what is not said is not decided", async () => {
  const { id } = await house.ask(ada.person, [needsYes()]);
  const page = await lead.browser.get(approvalPath(id));
  for (const decision of ["", "YES", "allow"])
    await lead.browser.submit(page, `${approvalPath(id)}/decision`, { decision });
  expect(await stateOf(id)).toBe("pending");
});

test("for whom it is not, it does not exist, to the letter", async () => {
  const { id } = await house.ask(ada.person, [needsYes()]);
  const unknown = `${id.slice(0, -4)}0000`;
  const customer = house.visitor("Mallory", { directory: "customers", groups: ["leads"] });
  for (const { browser } of [eve, customer]) {
    const [there, not] = [await browser.get(approvalPath(id)), await browser.get(`/approvals/${unknown}`)];
    expect([there.status, not.status]).toEqual([404, 404]);
    expect(there.words.replaceAll(id, "")).toBe(not.words.replaceAll(unknown, ""));
    expect(there.words).toContain("Sign in as somebody else");
    expect(there.words).not.toContain("okrs");
  }
  expect((await eve.browser.get("/approvals/apr_x")).status).toBe(404);
  expect((await eve.browser.get("/approvals/%00")).status).toBe(404);
});

test("who asked has no form to decide with, and one that they make up is refused; where a rule says so they may", async () => {
  const { id } = await house.ask(ada.person, [needsYes({ deciders: { people: ["ada@example.com"] } })]);
  const page = await ada.browser.get(approvalPath(id));
  expect([...page.forms.keys()]).toEqual([`${approvalPath(id)}/withdraw`]);
  expect(page.words).toContain("There is nothing more for you to do.");
  const token = page.forms.get(`${approvalPath(id)}/withdraw`)?.get("form_token") ?? "";
  const sent = new URLSearchParams({ form_token: token, decision: "yes" });
  const refused = await ada.browser.post(`${approvalPath(id)}/decision`, sent);
  expect([refused.status, await stateOf(id)]).toEqual([403, "pending"]);
  expect(refused.words).toContain("Others decide on what you asked for");

  const own = await house.ask(ada.person, [needsYes({ deciders: { self: true } })]);
  const asked = await ada.browser.get(approvalPath(own.id));
  expect(asked.words).toContain("Use okrs_delete ?");
  await ada.browser.submit(asked, `${approvalPath(own.id)}/decision`, { decision: "yes" });
  expect(await stateOf(own.id)).toBe("approved");
});

test("a form is for one request, one person and one browser, and comes from here", async () => {
  const [one, two] = [await house.ask(ada.person, [needsYes()]), await house.ask(ada.person, [needsYes()])];
  const other = house.visitor("Barbara", { groups: ["leads"] });
  const tokenOf = async ({ browser }: TestVisitor, id: typeof one.id) =>
    (await browser.get(approvalPath(id))).forms.get(`${approvalPath(id)}/decision`)?.get("form_token") ?? "";
  const send = async (form_token: string, headers: Record<string, string> = {}) => {
    const body = new URLSearchParams({ form_token, decision: "yes" });
    return (await lead.browser.post(`${approvalPath(one.id)}/decision`, body, headers)).status;
  };
  const [mine, ofOther] = [await tokenOf(lead, one.id), await tokenOf(lead, two.id)];
  const ofBarbara = await tokenOf(other, one.id);
  expect([
    await send(""),
    await send(ofOther),
    await send(ofBarbara),
    await send(mine, { origin: "https://evil.example" }),
    await send(mine, { "sec-fetch-site": "cross-site" }),
    await send(mine, { "content-type": "text/plain" }),
  ]).toEqual([403, 403, 403, 403, 403, 403]);
  // The same browser, with somebody else signed in by now.
  lead.browser.cookies.set("session", other.browser.cookies.get("session") ?? "");
  expect([await send(mine), await stateOf(one.id)]).toEqual([403, "pending"]);
});

test("opening pages changes nothing, and a form's address leads back to its page", async () => {
  const { id } = await house.ask(ada.person, [needsYes(), needsProof, needsPurpose]);
  ada.prove("hwk", "mfa");
  const before = await house.approvals.find(id);
  for (const form of ["decision", "continue", "withdraw"])
    for (const { browser } of [ada, lead]) {
      await browser.get(approvalPath(id));
      expect((await browser.get(`${approvalPath(id)}/${form}?decision=yes`)).location).toBe(approvalPath(id));
    }
  expect([await house.approvals.find(id), house.proved]).toEqual([before, []]);
});

test("who is not signed in signs in and comes back, as whom the link says; a form of theirs does nothing", async () => {
  const { id } = await house.ask(ada.person, [needsYes()]);
  const browser = house.browser();
  const to = `/sign-in?to=%2Fapprovals%2F${id}`;
  expect([
    (await browser.get(approvalPath(id))).location,
    (await browser.get(approvalPath(id, { directory: "customers" }))).location,
    (await browser.get(`${approvalPath(id)}?directory=evil`)).location,
    (await browser.get("/approvals")).location,
  ]).toEqual([
    `${to}&directory=workforce`,
    `${to}&directory=customers`,
    `${to}&directory=workforce`,
    "/sign-in?to=%2Fapprovals&directory=workforce",
  ]);
  const page = await lead.browser.get(approvalPath(id));
  lead.signOut();
  const late = await lead.browser.submit(page, `${approvalPath(id)}/decision`, { decision: "yes" });
  expect([late.status, late.title, late.location, await stateOf(id)]).toEqual([
    401,
    "You are not signed in any more",
    undefined,
    "pending",
  ]);
  expect(late.text).toContain(`href="${to}&amp;directory=workforce"`);
});

test("a customer comes back as a customer, also from a form that came too late", async () => {
  const customer = house.visitor("Mallory", { directory: "customers" });
  const { id } = await house.ask(customer.person, [needsProof]);
  const page = await customer.browser.get(approvalPath(id));
  const query = "directory=customers";
  expect(page.text).toContain(`to=%2Fapprovals%2F${id}&amp;${query}&amp;again=1`);
  expect([...page.forms.keys()]).toEqual([`${approvalPath(id)}/withdraw?${query}`]);
  customer.signOut();
  const late = await customer.browser.submit(page, `${approvalPath(id)}/withdraw?${query}`);
  expect([late.status, late.text.includes(`to=%2Fapprovals%2F${id}&amp;${query}`)]).toEqual([401, true]);
});

test("a fresh proof: asked for, given, and told for what the client was given", async () => {
  const { id } = await house.ask(ada.person, [needsProof]);
  ada.prove("hwk", "mfa");
  house.clock.advance(600_000);
  const old = await ada.browser.get(approvalPath(id));
  expect(old.words).toContain(
    "Prove that it is you You sign in once more and come back here. That counts for 10 minutes.",
  );
  expect(old.text).toContain(`href="/sign-in?to=%2Fapprovals%2F${id}&amp;directory=workforce&amp;again=1"`);
  expect([...old.forms.keys()]).toEqual([`${approvalPath(id)}/withdraw`]);
  // Somebody who may not see it has proved nothing for her.
  eve.prove("hwk", "mfa");
  ada.prove("pwd", "otp", "mfa");
  const at = new Date(house.clock.now());
  house.clock.advance(30_000);
  const back = await ada.browser.get(approvalPath(id));
  expect(back.words).toContain("Go on You have proved who you are. Continue");
  expect(await stateOf(id)).toBe("pending");
  const done = await ada.browser.submit(back, `${approvalPath(id)}/continue`);
  expect([done.status, await stateOf(id)]).toEqual([303, "approved"]);
  expect(house.proved).toEqual([["grt_1", { at, amr: ["pwd", "otp", "mfa"] }]]);
  expect(await house.approvals.find(id)).toMatchObject({ met: [{ need: 0, by: ada.person.id, at }] });
});

test.each([
  [
    ["pwd"],
    undefined,
    "You have proved who you are, by a password. The rule wants a second factor, or a passkey that asks for a PIN or a fingerprint.",
  ],
  [["swk", "user"], undefined, "by a passkey. The rule wants a second factor, or a passkey that asks for"],
  [[], undefined, "You have proved who you are, but where you signed in does not say how. The rule wants"],
  [
    ["pwd", "otp", "mfa"],
    ["hwk"],
    "by a password and a one-time code. The rule wants a security key or a passkey on one device.",
  ],
  [["<b>"], undefined, "by <b> . The rule wants"],
] as const)(
  "a fresh proof by %j where %j is wanted is not enough, which is said",
  async (amr, methods, sentence) => {
    const { id } = await house.ask(ada.person, [{ ...needsProof, methods } as never]);
    ada.prove(...amr);
    const page = await ada.browser.get(approvalPath(id));
    expect(page.words).toContain(sentence);
    const token = page.forms.get(`${approvalPath(id)}/withdraw`)?.get("form_token") ?? "";
    const forced = await ada.browser.post(
      `${approvalPath(id)}/continue`,
      new URLSearchParams({ form_token: token }),
    );
    expect([forced.status, await stateOf(id), house.proved]).toEqual([403, "pending", []]);
  },
);

test("a proof that has grown too old between page and form is asked for once more", async () => {
  const { id } = await house.ask(ada.person, [needsProof]);
  ada.prove("swk", "mfa");
  const page = await ada.browser.get(approvalPath(id));
  house.clock.advance(600_000);
  const late = await ada.browser.submit(page, `${approvalPath(id)}/continue`);
  expect([late.status, await stateOf(id), house.proved]).toEqual([403, "pending", []]);
  expect(late.words).toContain("You sign in once more and come back here.");
});

test("where nobody decides, nobody is said to read what it is for", async () => {
  const { id } = await house.ask(ada.person, [needsPurpose]);
  const { words } = await ada.browser.get(approvalPath(id));
  expect([words.includes("It is kept with the request."), words.includes("Those who decide")]).toEqual([
    true,
    false,
  ]);
});

test("what it is for: asked once the proof is there, said in lines, read by who decides", async () => {
  const { id } = await house.ask(ada.person, [needsProof, needsPurpose, needsYes()]);
  expect((await ada.browser.get(approvalPath(id))).words).toContain(
    "After that you say what the call is for.",
  );
  ada.prove("hwk", "mfa");
  const page = await ada.browser.get(approvalPath(id));
  expect(page.words).toContain("It is kept with the request. Those who decide read it.");
  const path = `${approvalPath(id)}/continue`;
  const blank = await ada.browser.submit(page, path, { purpose: " \r\n " });
  expect([blank.status, blank.words.includes("Say what it is for, in at most 2,000 characters.")]).toEqual([
    400,
    true,
  ]);
  const long = await ada.browser.submit(page, path, { purpose: "x".repeat(2001) });
  expect([long.status, /<textarea[^]*?>\s*(x+)<\/textarea/.exec(long.text)?.[1]?.length]).toEqual([
    400, 2001,
  ]);
  const done = await ada.browser.submit(page, path, { purpose: "Cleaning up\r\n</textarea><b>Q3\u{202E}" });
  expect([done.status, await stateOf(id)]).toEqual([303, "pending"]);
  const own = await ada.browser.get(approvalPath(id));
  expect(own.words).toContain("There is nothing more for you to do.");
  const shown = await lead.browser.get(approvalPath(id));
  expect(section(shown, "What it needs", "Your decision")).toBe(
    "What it needs Whoever asks proves who they are, at most 10 minutes before, with a second factor or a passkey Rule fresh-proof ✓ Ada Lovelace , just now " +
      "Whoever asks says what it is for Rule say-why Cleaning up </textarea><b>Q3\\u{202E} ✓ Ada Lovelace , just now " +
      "A yes of somebody in leads Rule big-changes open ",
  );
});

test("taken back by who asked, and by nobody else; also when it was approved and not used", async () => {
  const { id } = await house.ask(ada.person, [needsYes()]);
  const page = await lead.browser.get(approvalPath(id));
  const token = page.forms.get(`${approvalPath(id)}/decision`)?.get("form_token") ?? "";
  const path = `${approvalPath(id)}/withdraw`;
  expect((await lead.browser.post(path, new URLSearchParams({ form_token: token }))).status).toBe(404);
  expect(await stateOf(id)).toBe("pending");
  await lead.browser.submit(page, `${approvalPath(id)}/decision`, { decision: "yes" });
  const own = await ada.browser.get(approvalPath(id));
  await ada.browser.submit(own, path);
  expect(await stateOf(id)).toBe("withdrawn");
  expect((await ada.browser.get(approvalPath(id))).words).toContain("Whoever asked took it back.");
  expect((await ada.browser.submit(own, path)).status).toBe(409);
});

test("expired is expired, on the page and for its forms", async () => {
  const { id } = await house.ask(ada.person, [needsYes()], {
    expiresAt: new Date(house.clock.now() + 60_000),
  });
  const page = await lead.browser.get(approvalPath(id));
  house.clock.advance(60_000);
  const late = await lead.browser.submit(page, `${approvalPath(id)}/decision`, { decision: "yes" });
  expect([late.status, late.title.startsWith("Not decided in time"), [...late.forms.keys()]]).toEqual([
    409,
    true,
    [],
  ]);
  expect(late.words).toContain("It expired just now .");
});

test("used says so", async () => {
  const needs = [needsYes()];
  const { id } = await house.ask(ada.person, needs, { binding: "b" });
  await house.approvals.decide(id, { by: lead.person, yes: true });
  expect(await house.approvals.use(id, "b", needs)).toBe("used");
  house.clock.advance(120_000);
  expect((await ada.browser.get(approvalPath(id))).words).toContain("The call went through, 2 minutes ago .");
});

test("strangers' texts are text, and what does not show is shown", async () => {
  const hostile = `"><script>alert(1)</script>\u{202E}\u{200B}`;
  const { id } = await house.ask(
    { ...ada.person, name: hostile, email: hostile },
    [needsYes({ rule: "r" })],
    {
      asker: { client: hostile },
      subject: { target: hostile, name: hostile, address: hostile, method: hostile, class: hostile },
      arguments: JSON.stringify({ [hostile]: `${hostile}\\u{200B}` }),
    },
  );
  for (const path of [approvalPath(id), "/approvals"]) {
    const { text, status } = await lead.browser.get(path);
    expect([status, text.includes("<script>"), /[\u{202E}\u{200B}]/u.test(text)]).toEqual([
      200,
      false,
      false,
    ]);
  }
  const page = await lead.browser.get(approvalPath(id));
  expect(page.words).toContain(`${String.raw`\\u{200B}`}"`);
  expect(page.words).toContain("It may delete or overwrite things.");
});

test("programs, and whoever is not signed in, ask too", async () => {
  const program = await house.ask({ ...ada.person, id: "svc_1" as never, name: "nightly" }, [needsYes()], {
    asker: { kind: "service", client: undefined, grantId: undefined, email: undefined },
  });
  const anybody = await house.ask({ ...ada.person, id: "public:1" as never }, [needsYes()], {
    asker: { kind: "public", client: undefined, grantId: undefined, email: undefined },
  });
  expect((await lead.browser.get(approvalPath(program.id))).title.replaceAll(/<[^>]*>/g, "")).toBe(
    "Let the program nightly use okrs_delete?",
  );
  expect((await lead.browser.get(approvalPath(anybody.id))).words).toContain(
    "Let somebody who is not signed in use okrs_delete ?",
  );
});

test("of a call that code makes, the run is named; what is over does not go on", async () => {
  const runId = createId("run");
  const { id } = await house.ask(ada.person, [needsYes()], { subject: { runId } });
  const said = async () => (await lead.browser.get(approvalPath(id))).words;
  expect(await said()).toContain(
    `From 192.0.2.7 From a program ${runId} Code that the client sent makes this call. With a yes the code goes on from here. Tool okrs_delete`,
  );
  await house.approvals.decide(id, { by: lead.person, yes: false, reason: undefined });
  expect(await said()).toContain(
    `From a program ${runId} Code that the client sent makes this call. Tool okrs_delete`,
  );
});

test("long arguments: the beginning, a warning, and all of it in the same page", async () => {
  const text = JSON.stringify({ rows: Array.from({ length: 500 }, (_, row) => ({ row })), last: "the end" });
  const { id } = await house.ask(ada.person, [needsYes()], { arguments: text });
  const page = await lead.browser.get(approvalPath(id));
  expect(page.words).toContain("This is only the beginning. Read all of it before you decide.");
  expect(page.words).toContain(`Show all ${text.length.toLocaleString("en")} characters`);
  const [beginning = "", all = ""] = [...page.text.matchAll(/<pre>([^]*?)<\/pre>/g)].map(
    ([, one]) => one ?? "",
  );
  expect([beginning.length < 5000, beginning.includes("the end"), all.includes("the end")]).toEqual([
    true,
    false,
    true,
  ]);
  const huge = JSON.stringify({ text: "x".repeat(200_000) });
  const large = await house.ask(ada.person, [needsYes()], { arguments: huge });
  expect((await lead.browser.get(approvalPath(large.id))).text.length).toBeLessThan(240_000);
});

test("no arguments, and texts that are no JSON", async () => {
  const [none, other] = [
    await house.ask(ada.person, [needsYes()], { arguments: "{}" }),
    await house.ask(ada.person, [needsYes()], { arguments: "docs://a\n<b>" }),
  ];
  expect((await lead.browser.get(approvalPath(none.id))).words).toContain("With what Nothing. What it needs");
  expect((await lead.browser.get(approvalPath(other.id))).words).toContain("With what docs://a <b> What it");
});

test("the list: what waits for one's decision, what one asked for, and older ones of it", async () => {
  expect((await eve.browser.get("/approvals")).words).toBe(
    "Approvals You are signed in as Eve ( eve@example.com ). " +
      "Waiting for your decision Nothing waits for you. " +
      "What you asked for Nothing yet. When a call of yours has to wait for somebody, it appears here.",
  );
  const first = await house.ask(lead.person, [needsYes()]);
  await house.approvals.withdraw(first.id, lead.person.id);
  await house.ask(lead.person, [needsYes()], { subject: { target: "own" } });
  await house.ask(ada.person, [needsYes()], { subject: { target: "hers" } });
  house.clock.advance(60_000);
  expect((await lead.browser.get("/approvals")).words).toBe(
    "Approvals You are signed in as Grace Hopper ( grace@example.com ). " +
      "Waiting for your decision hers at okrs Ada Lovelace ( ada@example.com ) with Claude , 1 minute ago ; expires in 23 hours Look and decide " +
      "What you asked for own at okrs waits; asked 1 minute ago with Claude Look " +
      "okrs_delete at okrs withdrawn; asked 1 minute ago with Claude Look",
  );
});

test.each([
  ["a Cyrillic letter in a Latin word", '{"to":"\u0430da@example.com"}', true],
  ["a Latin one in a Greek word", '{"to":"\u03BF\u03BDo"}', true],
  [
    "words of one alphabet each",
    '{"to":"\u0430\u0434\u0430 \u0438 ada, \u03BB\u03CC\u03B3\u03BF\u03C2, \u6771\u4EACtower, 5\u03BCm"}',
    false,
  ],
])("arguments with look-alike letters are told of: %s", async (_, args, isTold) => {
  const { id } = await house.ask(ada.person, [needsYes()], { arguments: args });
  const { words } = await lead.browser.get(approvalPath(id));
  expect(words.includes("mix letters of several alphabets")).toBe(isTold);
});

test("a long list goes on on further pages", async () => {
  for (let n = 0; n < 53; n += 1) {
    const { id } = await house.ask(ada.person, [needsYes()], { subject: { target: `call-${n}` } });
    if (n < 51) await house.approvals.decide(id, { by: lead.person, yes: true });
  }
  const shown = (page: ShownPage) => [...page.words.matchAll(/call-(\d+) at/g)].map(([, n]) => Number(n));
  const page = await ada.browser.get("/approvals");
  const older = /href="([^"]*after=[^"]*)"/.exec(page.text)?.[1] ?? "";
  const rest = await ada.browser.get(older);
  expect([...shown(page), ...shown(rest)]).toEqual(Array.from({ length: 53 }, (_, n) => 52 - n));
  expect(rest.text).not.toContain("after=");
  expect((await ada.browser.get("/approvals?after=nonsense")).status).toBe(200);
});

test("pages are not framed, not kept, run nothing, and stand at one address", async () => {
  const { id } = await house.ask(ada.person, [needsYes()]);
  for (const path of [approvalPath(id), "/approvals"]) {
    const { headers } = await lead.browser.get(path);
    expect([
      headers.get("x-frame-options"),
      headers.get("cache-control"),
      headers.get("content-security-policy")?.replace(/'sha256-[^']*'/, "'…'"),
    ]).toEqual([
      "DENY",
      "no-store",
      "default-src 'none'; style-src '…'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    ]);
  }
  const elsewhere = await lead.browser.request(approvalPath(id), { headers: { host: "evil.example" } });
  expect(elsewhere.words).not.toContain("okrs");
});
