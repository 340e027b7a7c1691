/** What is written of a server: all columns of its row, in one place. */
import { isUniqueViolation, sql, type Queryable } from "@castellan/database";
import type { Id } from "@castellan/kernel";
import { clientFeatures } from "@castellan/mcp";
import { definitionKinds } from "../catalog/definition.ts";
import { callFaults } from "../faults.ts";
import { asJson, inOrder, refsOf } from "./apply-change.ts";
import { namesOf } from "./server-secrets.ts";
import type { ApiFace, NewServer, Server } from "./server.ts";

interface SealedColumns {
  readonly headers: Buffer | null;
  readonly auth: Buffer | null;
}

/** Throws `server_slug_taken`. */
export async function insertServer(
  tx: Queryable,
  id: Id<"server">,
  server: NewServer,
  sealed: SealedColumns,
): Promise<void> {
  const names = Object.keys(server.headers);
  const secretNames = namesOf(server.authSecrets ?? {});
  const { kind = "mcp" } = server;
  try {
    await tx.query(sql`
      insert into servers (id, kind, face, slug, title, description, url, transport, sealed_headers, header_names, header_refs,
                           auth, sealed_auth, auth_secret_names, auth_refs, allow_private, client_features, ui_hosts, auto_accept, limits, sync_interval_seconds,
                           managed_by)
      values (${id}, ${kind}, ${faceOf(server)}, ${server.slug}, ${server.title}, ${server.description ?? ""}, ${server.url.href},
              ${server.transport ?? "auto"}, ${sealed.headers}, ${names},
              ${refsOf(server.headerRefs ?? {}, names)}, ${asJson(server.auth ?? { kind: "auto" })},
              ${sealed.auth}, ${secretNames}, ${refsOf(server.authRefs ?? {}, secretNames)},
              ${server.allowPrivate},
              ${inOrder(clientFeatures, server.clientFeatures)}, ${server.uiHosts ?? []},
              ${inOrder(definitionKinds, server.autoAccept)}, ${server.limits ?? {}},
              ${server.syncIntervalSeconds ?? null}, ${server.managedBy ?? null})`);
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    throw callFaults.fault("server_slug_taken", `A server "${server.slug}" is registered already`, {
      field: "slug",
    });
  }
}

function faceOf({ kind, face = "tools" }: NewServer): ApiFace | null {
  return kind === "openapi" ? face : null;
}

export async function updateServer(
  tx: Queryable,
  after: Server,
  sealed: SealedColumns,
  isOtherLine: boolean,
): Promise<void> {
  await tx.query(sql`
    update servers
       set face = ${after.face ?? null}, title = ${after.title}, description = ${after.description}, url = ${after.url},
           transport = ${after.transport}, sealed_headers = ${sealed.headers},
           header_names = ${after.headerNames}, header_refs = ${after.headerRefs},
           auth = ${after.auth}, sealed_auth = ${sealed.auth}, auth_secret_names = ${after.authSecretNames},
           auth_refs = ${after.authRefs},
           allow_private = ${after.allowPrivate}, client_features = ${after.clientFeatures},
           ui_hosts = ${after.uiHosts}, auto_accept = ${after.autoAccept}, limits = ${after.limits},
           sync_interval_seconds = ${after.syncIntervalSeconds ?? null}, managed_by = ${after.managedBy ?? null},
           revision = revision + ${isOtherLine ? 1 : 0}, version = version + 1, updated_at = now()
     where id = ${after.id}`);
}

/** What was found out about another way, or about another place, does not hold any more. */
export async function outdate(tx: Queryable, before: Server, after: Server): Promise<void> {
  const isElsewhere = new URL(before.url).origin !== new URL(after.url).origin;
  await tx.query(sql`
    update server_states set is_outdated = true, asks_for_oauth = asks_for_oauth and not ${isElsewhere}
     where server_id = ${after.id}`);
}
