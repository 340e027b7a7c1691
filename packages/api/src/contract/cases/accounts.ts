import { sql } from "@castellan/database";
import { createClient } from "../../testing/client.ts";
import type { Scene } from "../scene.ts";
import { serverUnknown, type CaseTable } from "./operation-cases.ts";

const noAccount = `acc_${"0".repeat(32)}`;

/** A server at which each person signs in themselves, with an account of somebody. */
async function aLinkedServer(scene: Scene) {
  const slug = await scene.newServer({ auth: { kind: "own_account" } });
  const { userId, secret } = await scene.newClientOfUser();
  const account = await scene.newAccount(slug, { kind: "person", id: userId });
  return { slug, userId, id: account.id, as: createClient(scene.house.app, secret) };
}

/** An admin who is a person: somebody who can sign in. */
async function anAdmin(scene: Scene) {
  const { userId, secret } = await scene.newClientOfUser();
  await scene.house.database.query(sql`update users set role = 'admin' where id = ${userId}`);
  return { userId, as: createClient(scene.house.app, secret) };
}

/** A portal that everybody may use, with one server in it. */
async function aReachedServer(scene: Scene, auth: object = { kind: "own_account" }) {
  const server = await scene.newServer({ auth });
  await scene.newPortal({ servers: [server], access: [{ who: "everyone", classes: ["read"] }] });
  return server;
}

/** As if they had begun that often, and finished nothing. */
async function askedTooOften(scene: Scene, userId: string): Promise<void> {
  await scene.house.database.query(sql`
    insert into link_requests (id, target_id, owner_id, person_id, reason, client_name, state, asked_at, expires_at)
    select 'lnk_' || ${userId} || n, 'other ' || n, ${userId}, ${userId}, 'not_linked', 'A client',
           'pending', now(),
           now() + interval '1 hour'
      from generate_series(1, 20) n`);
}

export const accountCases: CaseTable = {
  loginServer: {
    good: async (scene) => ({
      params: { slug: await scene.newServer({ auth: { kind: "shared_account" } }) },
      as: (await anAdmin(scene)).as,
    }),
    failures: {
      server_unknown: async (scene) => ({ params: { slug: "nobody" }, as: (await anAdmin(scene)).as }),
      account_not_taken: async (scene) => ({
        params: { slug: await scene.newServer() },
        as: (await anAdmin(scene)).as,
      }),
      person_wanted: async (scene) => ({
        params: { slug: await scene.newServer({ auth: { kind: "own_account" } }) },
      }),
      links_limited: async (scene) => {
        const { userId, as } = await anAdmin(scene);
        await askedTooOften(scene, userId);
        return { params: { slug: await scene.newServer({ auth: { kind: "own_account" } }) }, as };
      },
    },
  },
  listAccounts: {
    good: async (scene) => ({ params: { slug: (await aLinkedServer(scene)).slug } }),
    failures: serverUnknown,
  },
  endAccount: {
    good: async (scene) => {
      const { slug, id } = await aLinkedServer(scene);
      return { params: { slug, id } };
    },
    failures: {
      server_unknown: () => ({ params: { slug: "nobody", id: noAccount } }),
      // One of another server is none of this one.
      account_not_found: async (scene) => ({
        params: { slug: await scene.newServer(), id: (await aLinkedServer(scene)).id },
      }),
    },
  },
  listMyAccounts: { good: async (scene) => ({ as: (await aLinkedServer(scene)).as }) },
  addMyAccount: {
    good: async (scene) => ({
      body: { server: await aReachedServer(scene) },
      as: createClient(scene.house.app, (await scene.newClientOfUser()).secret),
    }),
    failures: {
      // It is there, and in no portal that they may use.
      server_unknown: async (scene) => ({
        body: { server: await scene.newServer({ auth: { kind: "own_account" } }) },
        as: createClient(scene.house.app, (await scene.newClientOfUser()).secret),
      }),
      account_not_taken: async (scene) => ({
        body: { server: await aReachedServer(scene, { kind: "none" }) },
        as: createClient(scene.house.app, (await scene.newClientOfUser()).secret),
      }),
      person_wanted: async (scene) => ({ body: { server: await aReachedServer(scene) } }),
      links_limited: async (scene) => {
        const { userId, secret } = await scene.newClientOfUser();
        await askedTooOften(scene, userId);
        return {
          body: { server: await aReachedServer(scene) },
          as: createClient(scene.house.app, secret),
        };
      },
    },
  },
  endMyAccount: {
    good: async (scene) => {
      const { id, as } = await aLinkedServer(scene);
      return { params: { id }, as };
    },
    // Somebody else's is none of theirs.
    failures: {
      account_not_found: async (scene) => ({
        params: { id: (await aLinkedServer(scene)).id },
        as: (await aLinkedServer(scene)).as,
      }),
    },
  },
};
