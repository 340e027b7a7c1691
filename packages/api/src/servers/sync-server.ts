import { z } from "zod";
import { slug } from "../fields.ts";
import { defineRoute } from "../route.ts";
import { detailedServer, toDetailedServer } from "./shown-server.ts";

/** A sync that fails is answered with the state that says so. */
export const syncServer = defineRoute({
  id: "syncServer",
  method: "POST",
  path: "/servers/{slug}/sync",
  summary: "Read again what a server offers",
  permission: "manage",
  isVersioned: true,
  errors: ["server_unknown"],
  params: z.strictObject({ slug }),
  answer: detailedServer,
  handler: async ({ params, clientGone }, ports) => {
    await ports.syncer.sync(params.slug, clientGone);
    await ports.changes.flush();
    return toDetailedServer(await ports.servers.get(params.slug), ports);
  },
});
