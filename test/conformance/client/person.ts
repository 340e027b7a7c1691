/**
 * Somebody who uses the suite's server through a portal, with an account of their own: asked to sign in, they go to the page,
 * on to the suite's authorization server, and back, and call again.
 */
import { createToken, toolClasses } from "@castellan/access";
import { accountsTopic } from "@castellan/credentials";
import { recordChange, sql } from "@castellan/database";
import type { Era } from "../../fixtures/exotic.ts";
import { startStocked } from "../../fixtures/stocked.ts";
import { startTestHouse, type TestHouse } from "../../harness/house.ts";
import { toRegistration } from "../../harness/registration.ts";
import { formTo, pageIn } from "../../accounts/answers.ts";
import { createScene, type AccountScene, type Visitor } from "../../accounts/scene.ts";
import type { Door } from "../../portal/client.ts";
import { last } from "../../policy/approvals/scene.ts";
import type { ClientTask } from "../suite/run.ts";

export interface Theatre extends AsyncDisposable {
  /** Plays a scenario; how each call of the tool came out: `done`, or the code of what stood in its way. */
  play(task: ClientTask, era: Era): Promise<readonly string[]>;
}

/** What the suite wants to see as the address of a client's document; nobody reads it there. */
const clientMetadataUrl = "https://conformance-test.local/client-metadata.json";
const tool = "test-tool";
/** Who is asked so often and still has no way in gives up. */
const maxCalls = 6;

export async function openTheatre(): Promise<Theatre> {
  await using opened = new AsyncDisposableStack();
  const house = opened.use(await startTestHouse({ clientMetadataUrl: () => clientMetadataUrl }));
  const owner = await createToken(
    house.database,
    { name: "owner", role: "owner", portals: [], createdBy: "test" },
    Date.now(),
  );
  const scene = await createScene({
    entry: house.url,
    publicUrl: house.url,
    sockets: [house.url],
    ownerToken: owner.secret,
  });
  const ada = await scene.come("Ada");
  let count = 0;
  const owned = opened.move();
  return {
    play: async (task, era) => {
      count += 1;
      const slug = `scenario-${count}`;
      await registerGuarded(house, { slug, era }, task);
      const door = isOwn(task) ? await programDoor(house, slug) : await ada.door(slug);
      return use({ scene, visitor: ada, door, passTime: () => passTime(house) });
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/**
 * An admin knew the server before it was guarded, so that its tools are known: else an admin would sign in there first, for
 * all, and the suite would take that for the person's own sign-in.
 */
async function registerGuarded(
  house: TestHouse,
  { slug, era }: { readonly slug: string; readonly era: Era },
  task: ClientTask,
): Promise<void> {
  const { serverUrl } = task;
  await using open = await startStocked(era, {
    // To the letter as the suite lists it: in other words it would be another tool, which an admin has to see first.
    tools: [{ name: tool, inputSchema: { type: "object" } }],
  });
  await house.api("POST", "/servers", toRegistration(slug, open.url));
  await house.api("POST", "/portals", {
    slug,
    servers: [slug],
    naming: "plain",
    access: [{ who: "everyone", classes: toolClasses }],
  });
  const { fields, secrets } = await authOf(task);
  await house.api("PATCH", `/servers/${slug}`, {
    url: serverUrl,
    allowPrivate: [new URL(serverUrl).hostname],
    auth: fields,
    ...(Object.keys(secrets).length > 0 && { authSecrets: secrets }),
  });
}

/** Whether the tokens are the installation's own: nobody is asked, and the server's own list is read at once. */
function isOwn({ scenario }: Pick<ClientTask, "scenario">): boolean {
  return scenario.startsWith("auth/client-credentials-");
}

/** For what the suite's server lists: tools that say nothing of what they do. */
async function programDoor(house: TestHouse, slug: string): Promise<Door> {
  const { secret } = await house.api<{ secret: string }>("POST", "/tokens", {
    name: slug,
    role: "member",
    portals: [slug],
    allow: toolClasses,
  });
  return { url: `${house.url}/p/${slug}/mcp`, token: secret };
}

/** What an admin says of the server, who was given what the scenario tells of itself. */
async function authOf({ scenario, serverUrl, context }: ClientTask) {
  const { client_id: id, client_secret: clientSecret, private_key_pem: privateKey, issuer } = context;
  const secrets = { ...(clientSecret && { clientSecret }), ...(privateKey && { privateKey }) };
  if (id === undefined) return { fields: { kind: "own_account" }, secrets };
  if (!isOwn({ scenario })) return { fields: { kind: "own_account", issuer, client: { id } }, secrets };
  const metadata = await fetch(new URL("/.well-known/oauth-protected-resource/mcp", serverUrl));
  const { authorization_servers: issuers } = (await metadata.json()) as { authorization_servers: string[] };
  return { fields: { kind: "client_credentials", issuer: issuers[0], client: { id } }, secrets };
}

/**
 * Accounts were linked a minute earlier than they were: who is refused at once after a sign-in is not asked again right away
 * (nobody is sent in circles), and a scenario does not wait.
 */
async function passTime({ database }: TestHouse): Promise<void> {
  await database.transaction(async (tx) => {
    const linked = await tx.query<{ target_id: string; owner_id: string }>(sql`
      update linked_accounts set linked_at = linked_at - interval '1 minute' returning target_id, owner_id`);
    for (const { target_id: targetId, owner_id: ownerId } of linked)
      await recordChange(tx, accountsTopic, `${targetId}.${ownerId}`);
  });
}

interface Part {
  readonly scene: AccountScene;
  readonly visitor: Visitor;
  readonly door: Door;
  passTime(): Promise<void>;
}

async function use({ scene, visitor, door, passTime }: Part): Promise<readonly string[]> {
  const outcomes: string[] = [];
  // A second call that is done: what was granted goes on being used.
  while (outcomes.length < maxCalls && outcomes.filter((each) => each === "done").length < 2) {
    const answer = await last(scene.call(door, tool));
    const code = answer["error"] === undefined ? "done" : String(answer["error"].data?.code);
    outcomes.push(code);
    if (code === "done") {
      await passTime();
      await scene.settle();
      continue;
    }
    if (code !== "link_required" || !(await signIn(scene, visitor, pageIn(answer)))) break;
    await passTime();
    await scene.settle();
  }
  return outcomes;
}

/** Whether the account is linked now. */
async function signIn(scene: AccountScene, visitor: Visitor, page: string): Promise<boolean> {
  const shown = await visitor.browser.open(page);
  if (!shown.forms.some(({ action }) => action.endsWith("/begin"))) return false;
  const { url, status } = await visitor.browser.send(formTo(shown, "begin"));
  if (status !== undefined) return false;
  const answer = await fetch(url, { redirect: "manual" });
  const back = answer.headers.get("location");
  if (back === null) throw new Error(`${url.href} answered ${answer.status}`);
  const done = await visitor.browser.open(back);
  await scene.settle();
  return done.status === 200;
}
