import { scopeList } from "@castellan/credentials";
import { z } from "zod";
import { slug } from "../fields.ts";
import { defineRoute } from "../route.ts";
import { askForLink, getPerson } from "./ask-for-link.ts";
import { shownLink, toShownLink } from "./shown-link.ts";

/** Whoever asks is who opens the page: the account that they sign in with there is then the one for all. */
export const loginServer = defineRoute({
  id: "loginServer",
  method: "POST",
  path: "/servers/{slug}/login",
  summary:
    "Begin a sign-in at a server for all: its lists are read with it, and calls where its auth says so",
  permission: "manage",
  status: 201,
  errors: ["server_unknown", "account_not_taken", "person_wanted", "links_limited"],
  params: z.strictObject({ slug }),
  body: z
    .strictObject({
      scopes: scopeList
        .optional()
        .describe(
          "Wanted beside those that were granted already, such as the `wantedScopes` of that account",
        ),
    })
    .optional(),
  answer: shownLink,
  handler: async ({ params, body, principal }, ports) => {
    const server = await ports.servers.get(params.slug);
    const by = getPerson(principal);
    const asked = await askForLink({ server, owner: { kind: "shared" }, by, scopes: body?.scopes }, ports);
    return toShownLink(asked, params.slug, ports);
  },
});
