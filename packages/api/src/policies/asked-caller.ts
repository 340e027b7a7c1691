/** Somebody about whom an admin asks: as they stand, and as the question has them. */
import { findStanding, knownTokens, type Principal } from "@castellan/access";
import { invalidInput, isId } from "@castellan/kernel";
import { z } from "zod";
import { printable, slug, time } from "../fields.ts";
import type { ApiPorts } from "../ports.ts";

const claimValue = z.union([
  z.string().max(1000),
  z.number(),
  z.boolean(),
  z.array(z.string().max(1000)).max(100),
]);

export const askedCaller = z
  .strictObject({
    user: printable(254).optional().meta({ description: "A person: their id, or their e-mail address" }),
    serviceToken: printable(64).optional().meta({ description: "A program: the id of its service token" }),
    public: z.literal(true).optional().meta({ description: "Whoever comes without a token" }),
    client: printable(2048).optional().meta({
      description: "The client that calls for the person; alone: a client that calls for itself",
    }),
    provider: slug.optional().meta({
      description: "By what the person signed in. This and what follows: absent, as they let the client in",
    }),
    amr: z.array(printable(64)).max(20).optional().meta({ description: "How they proved who they are" }),
    provedAt: time.optional().meta({ description: "When they last did" }),
    claims: z
      .record(z.string().max(200), claimValue)
      .refine((claims) => Object.keys(claims).length <= 32, "must have at most 32 entries")
      .optional()
      .meta({ description: "What their provider said of them" }),
  })
  .refine(
    ({ user, serviceToken, public: isPublic, client }) =>
      [user, serviceToken, isPublic].filter((one) => one !== undefined).length === 1 ||
      (user === undefined && serviceToken === undefined && isPublic === undefined && client !== undefined),
    "must name one: user, serviceToken, public, or a client alone",
  )
  .meta({ id: "AskedCaller" });

export type AskedCaller = z.output<typeof askedCaller>;

/** Who that is. Throws `user_not_found`, `invalid_input` for what nobody is called. */
export async function findAsked(
  asked: AskedCaller,
  { database, people }: Pick<ApiPorts, "database" | "people">,
): Promise<Principal> {
  const { user, serviceToken, client } = asked;
  if (user !== undefined) return findPerson(user, asked, { database, people });
  if (serviceToken !== undefined) {
    const [id] = await knownTokens(database, [serviceToken]);
    const found =
      id === undefined ? undefined : await findStanding(database, { principalId: id, clientId: undefined });
    return found ?? unknown("caller.serviceToken", "is no service token that is good");
  }
  if (client !== undefined) {
    const found =
      isId("user", client) || isId("token", client)
        ? undefined
        : await findStanding(database, { principalId: client, clientId: undefined });
    return found ?? unknown("caller.client", "is no client that has a token of its own");
  }
  return { kind: "public", id: "public:asked", name: "Public", role: "member", scopes: undefined };
}

async function findPerson(
  user: string,
  { client, provider, amr, provedAt, claims }: AskedCaller,
  { database, people }: Pick<ApiPorts, "database" | "people">,
): Promise<Principal> {
  const id = isId("user", user)
    ? (await people.get(user)).id
    : ((await people.find("workforce", user)) ?? (await people.find("customers", user)))?.id;
  const clientId = client;
  const alone = id && (await findStanding(database, { principalId: id, clientId: undefined }));
  if (alone?.kind !== "user") return unknown("caller.user", "is nobody who may come in");
  const byClient = clientId && (await findStanding(database, { principalId: alone.id, clientId }));
  const standing = byClient && byClient.kind === "user" ? byClient : alone;
  return {
    ...standing,
    clientId,
    ...(provider !== undefined && { provider }),
    ...(amr !== undefined && { amr }),
    ...(provedAt !== undefined && { provedAtMs: provedAt.getTime() }),
    ...(claims !== undefined && { claims }),
  };
}

function unknown(field: string, reason: string): never {
  throw invalidInput([{ field, reason }]);
}
