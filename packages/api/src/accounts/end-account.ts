import { credentialFaults } from "@castellan/credentials";
import { z } from "zod";
import { id, slug } from "../fields.ts";
import { defineRoute } from "../route.ts";

/** The tokens are revoked at the server's authorization server, soon after. */
export const endAccount = defineRoute({
  id: "endAccount",
  method: "DELETE",
  path: "/servers/{slug}/accounts/{id}",
  summary: "Forget an account at a server, and have its tokens revoked",
  permission: "manage",
  errors: ["server_unknown", "account_not_found"],
  params: z.strictObject({ slug, id: id("account") }),
  handler: async ({ params }, { servers, accounts, changes }) => {
    const { server } = await servers.get(params.slug);
    const account = await accounts.get(params.id);
    if (account.targetId !== server.id)
      throw credentialFaults.fault("account_not_found", `Server "${params.slug}" has no account of this id`);
    await accounts.unlink(params.id);
    await changes.flush();
  },
});
