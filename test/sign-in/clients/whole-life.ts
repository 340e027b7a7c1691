/**
 * A person's application from an address and nothing else, over a person in a browser, to calls; through the end of a
 * token, and of what the person had allowed.
 */
import { expect } from "vitest";
import { startCallback, type Callback } from "./callback.ts";
import { portalSlug, untilExpired, type Company } from "./company.ts";
import { clientHost, type DescribedClients } from "./described-client.ts";
import { App, failureOf, isUnauthorized, type AppOptions, type Sdk } from "./sdk-app.ts";
import { disconnect } from "./visitor.ts";

export interface Scene {
  readonly company: Company;
  readonly clients: DescribedClients;
}

export interface Way {
  /** How the client becomes known. */
  readonly way: string;
  /** What people are told of it. */
  readonly known: string;
  prepare(scene: Scene, name: string, callback: Callback): Promise<Partial<AppOptions>>;
}

export const ways: readonly Way[] = [
  {
    way: "registers itself",
    known: "It chose this name itself; nobody has checked it.",
    prepare: async () => ({}),
  },
  {
    way: "describes itself at its own address",
    known: `It goes by this name at ${clientHost}.`,
    prepare: async ({ clients }, name) => ({
      clientMetadataUrl: clients.describe(name.replaceAll(/\W/g, "-"), {
        client_name: name,
        // On any port (RFC 8252 §7.3): the document cannot know which is free.
        redirect_uris: ["http://127.0.0.1/callback"],
      }),
    }),
  },
  {
    way: "was registered by an admin",
    known: "An admin has added it here.",
    prepare: async ({ company }, name, { url }) => {
      const { id, secret } = await company.house.api<{ id: string; secret: string }>("POST", "/clients", {
        name,
        authMethod: "client_secret_basic",
        redirectUris: [url],
      });
      return { registered: { client_id: id, client_secret: secret } };
    },
  },
];

export async function liveWholeLife(scene: Scene, sdk: Sdk, { way, known, prepare }: Way): Promise<void> {
  const { company } = scene;
  const visitor = await company.newVisitor();
  await using callback = await startCallback();
  const name = `Desk, ${sdk.name}, ${way}`;
  const options = { name, redirectUri: callback.url, ...(await prepare(scene, name, callback)) };
  await using app = new App(sdk, company.portal, options);
  const ask = (url: URL) => visitor.decide(url);
  const list = () => app.client.callTool({ name: "okrs_list_objectives", arguments: {} });

  const first = await app.connect(ask);
  expect(first?.words.split("\n").slice(0, 3)).toEqual([
    `Let ${name} use Work?`,
    "You are signed in as Ada (ada@corp.example). Not you?",
    `${known} Access is handed to a program on this computer.`,
  ]);
  const scope = `portal:${portalSlug} portal:${portalSlug}:read`;
  expect(app.memory.received[0]).toMatchObject({ scope });
  expect((await app.client.listTools()).tools.map((tool) => tool.name)).toEqual(toolsOfAda);
  expect(await list()).toMatchObject({ structuredContent: { total: 0 } });

  // Its access token runs out: the next call goes through, and nobody was asked.
  await untilExpired(company, app.memory.received.at(-1));
  const before = app.memory.received.length;
  expect(await list()).toMatchObject({ structuredContent: { total: 0 } });
  const [old, fresh] = app.memory.received.slice(before - 1);
  expect([app.memory.received.length, fresh?.scope, app.memory.sentTo]).toEqual([
    before + 1,
    scope,
    undefined,
  ]);
  expect(fresh?.refresh_token).not.toBe(old?.refresh_token);

  // The person thinks better of it: it is out at once, and has to ask them as if for the first time.
  await disconnect(visitor, name);
  expect(isUnauthorized(await failureOf(list()))).toBe(true);
  const again = await app.connect(ask);
  expect(again?.words).toBe(first?.words);
  expect(await list()).toMatchObject({ structuredContent: { total: 0 } });
  expect(visitor.problems).toEqual([]);
}

/** All that she has the right to, granted or not: a client asks when it needs more. */
export const toolsOfAda = [
  "okrs_create_objective",
  "okrs_add_key_result",
  "okrs_update_progress",
  "okrs_close_objective",
  "okrs_delete_objective",
  "okrs_import_objectives",
  "okrs_list_objectives",
  "okrs_get_objective",
  "invoices_list_invoices",
  "invoices_get_invoice",
  "portal_list_servers",
  "portal_toggle_servers",
  "portal_toggle_single_server",
];
