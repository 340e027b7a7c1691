import { syncIntervalSeconds } from "@castellan/configuration";
import { importServer as readDocument } from "@castellan/registry";
import { z } from "zod";
import { slug } from "../fields.ts";
import { parseInput } from "@castellan/kernel";
import type { Route } from "../route.ts";
import { addServer, newServerErrors } from "../servers/add-server.ts";
import { newAuth } from "../servers/auth-fields.ts";
import { newHeaders } from "../servers/headers.ts";
import { serverFields } from "../servers/server-fields.ts";

const maxValueLength = 8192;
const values = z.record(z.string().min(1).max(128), z.string().max(maxValueLength));
const { url: _, ...fields } = serverFields;

/** What is given here goes before what the document says. */
const serverImport = z
  .strictObject({
    document: z.record(z.string(), z.unknown()).meta({
      description: "A server.json, or what a registry answers for one: `{server, _meta}`",
    }),
    remote: z.int().min(0).max(49).optional().meta({
      description: "Which of its `remotes`; if absent, the first with Streamable HTTP, else the first",
    }),
    variables: values.optional().meta({
      description: "For the names in braces in the URL and the headers of the remote",
    }),
    /** For those that the remote asks for, and any other. */
    headers: newHeaders.headers,
    ...newAuth,
    slug: slug.optional().meta({ description: "If absent, made of the name in the document" }),
    syncIntervalSeconds: syncIntervalSeconds.optional(),
    ...z.strictObject(fields).partial().shape,
  })
  .meta({ id: "ServerImport" });

/** No document of an API comes with it. */
const { maxBodyBytes: __, ...likeAny } = addServer;

/** Registers what a server.json describes: what comes out of the document goes the way of any new server. */
export const importServer: Route = Object.freeze({
  ...likeAny,
  id: "importServer",
  path: "/server-imports",
  summary: "Register the server that a server.json describes, and read what it offers",
  errors: [
    ...newServerErrors,
    "server_json_no_remote",
    "server_json_incomplete",
    "server_json_secret_in_url",
  ],
  body: serverImport,
  run: async (request, ports) => {
    const { document, remote, variables, headers, ...given } = parseInput(serverImport, request.body, "body");
    const read = readDocument(document, { remote, variables, headers });
    const body = {
      transport: read.transport,
      ...(read.title !== "" && { title: read.title }),
      ...(read.description !== "" && { description: read.description }),
      ...given,
      slug: given.slug ?? read.suggestSlug(),
      url: read.url,
      headers: read.headers,
    };
    return addServer.run({ ...request, body }, ports);
  },
} satisfies Route);
