/** A house with one of everything that a rule can name: for tests of what rules are taken, and what they then do. */
import { startTestEvaluator } from "@castellan/policy/testing";
import { startStocked } from "../fixtures/stocked.ts";
import { exchange } from "../fidelity/wire.ts";
import type { Loose } from "../harness/callers/inbox.ts";
import { startTestHouse, type TestHouse } from "../harness/house.ts";
import { toRegistration } from "../harness/registration.ts";
import { addCompany } from "../policy/selectors/people.ts";

export interface RulesWorld extends AsyncDisposable {
  readonly house: TestHouse;
  /** Of service tokens at the portal `main`. */
  readonly programs: Readonly<Record<"deploy" | "nightly", string>>;
  /** What the API answers to the admin, whatever it is. */
  send(method: string, path: string, body?: object): Promise<{ status: number } & Loose>;
}

/**
 * The company's portal `main` over the servers `desk` and `wiki`, each with the tools `look`, `put` and `drop`; `shop`, for
 * customers and the public, over `wiki`; `guarded`, which is read-only. Ann is in `Leads`, Cyd is a customer in `Buyers`, and
 * nobody is in `Empty`. The provider `corp` keeps the claims `roles` and `level`; `devices` is an evaluator.
 */
export async function openRulesWorld(): Promise<RulesWorld> {
  await using opened = new AsyncDisposableStack();
  const tool = (name: string, annotations: object) => ({
    name,
    inputSchema: { type: "object" },
    annotations,
  });
  const tools = [
    tool("look", { readOnlyHint: true }),
    tool("put", { destructiveHint: false }),
    tool("drop", {}),
  ];
  const servers = [
    opened.use(await startStocked("modern", { tools })),
    opened.use(await startStocked("legacy", { tools })),
  ];
  const house = opened.use(await startTestHouse());
  const { api } = house;
  for (const [index, slug] of ["desk", "wiki"].entries())
    await api("POST", "/servers", toRegistration(slug, servers[index]?.url ?? ""));
  const access = [{ who: "everyone", classes: ["read", "write", "destructive"] }];
  await api("POST", "/portals", { slug: "main", servers: ["desk", "wiki"], access });
  await api("POST", "/portals", { slug: "guarded", servers: ["desk"], access, isReadOnly: true });
  await api("POST", "/portals", {
    slug: "shop",
    directory: "customers",
    servers: ["wiki"],
    access: [...access, { who: "public", classes: ["read"] }],
  });
  for (const [name, directory] of [
    ["Leads", "workforce"],
    ["Empty", "workforce"],
    ["Buyers", "customers"],
  ])
    await api("POST", "/groups", { name, directory });
  const person = (email: string, more: object = {}) => api("POST", "/users", { email, name: email, ...more });
  await person("ann@example.com", { groups: ["Leads"] });
  await person("bob@example.com");
  await person("con@contractor.example");
  await person("cyd@customer.example", { directory: "customers", groups: ["Buyers"] });
  opened.use(await addCompany({ house, main: `${house.url}/p/main/mcp` }));
  const evaluator = opened.use(await startTestEvaluator());
  await api("POST", "/evaluators", {
    slug: "devices",
    title: "Devices",
    url: evaluator.url,
    keysUrl: evaluator.keysUrl,
    allowPrivate: ["127.0.0.1"],
  });
  const program = async (name: string) => {
    const given = { name, role: "member", portals: ["main"], allow: ["read", "write", "destructive"] };
    return (await api<{ id: string }>("POST", "/tokens", given)).id;
  };
  const programs = { deploy: await program("deploy"), nightly: await program("nightly") };
  const owned = opened.move();
  return {
    house,
    programs,
    async send(method, path, body) {
      const { status, text } = await exchange(`${house.url}/api/v1${path}`, {
        method,
        headers: {
          authorization: `Bearer ${house.adminToken}`,
          ...(body && { "content-type": "application/json" }),
        },
        ...(body && { body: JSON.stringify(body) }),
      });
      return { status, ...(text === "" ? {} : (JSON.parse(text) as object)) };
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
