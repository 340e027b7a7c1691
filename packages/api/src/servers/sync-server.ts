import { z } from "zod";
import { slug } from "../fields.ts";
import { defineRoute } from "../route.ts";
import { detail } from "./show-server.ts";
import { detailedServer } from "./shown-server.ts";

/** A sync that fails is answered with the state that says so, as is a document that cannot be fetched. */
export const syncServer = defineRoute({
  id: "syncServer",
  method: "POST",
  path: "/servers/{slug}/sync",
  summary: "Read again what a server offers; of an API its document first",
  permission: "manage",
  isVersioned: true,
  errors: ["server_unknown"],
  params: z.strictObject({ slug }),
  answer: detailedServer,
  handler: async ({ params, clientGone }, ports) => {
    const { server } = await ports.servers.get(params.slug);
    if (server.kind === "openapi") await ports.apiDocuments.refresh(server.id, clientGone);
    await ports.syncer.sync(params.slug, clientGone);
    await ports.changes.flush();
    return detail(await ports.servers.get(params.slug), ports);
  },
});
