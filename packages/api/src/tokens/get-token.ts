import { getToken as readToken } from "@castellan/access";
import { z } from "zod";
import { id } from "../fields.ts";
import { defineRoute } from "../route.ts";
import { shownToken, toShownToken } from "./shown-token.ts";

export const getToken = defineRoute({
  id: "getToken",
  method: "GET",
  path: "/tokens/{id}",
  summary: "Show a token",
  permission: "read",
  isVersioned: true,
  errors: ["token_not_found"],
  params: z.strictObject({ id: id("token") }),
  answer: shownToken,
  handler: async ({ params }, { database }) => toShownToken(await readToken(database, params.id)),
});
