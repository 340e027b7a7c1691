/**
 * What the authorization server signs with (RFC 7517): one key for each algorithm, made by the replica that starts first,
 * sealed in the database, and the same on all of them.
 */
import { generateKeyPair, type JsonWebKey, type KeyObject } from "node:crypto";
import { promisify } from "node:util";
import { sql, type Database } from "@castellan/database";
import type { Clock } from "@castellan/kernel";
import type { Vault } from "@castellan/vault";

export type SigningAlgorithm = keyof typeof makers;

/** A private key (RFC 7517 §4). */
export type SigningKey = JsonWebKey & { readonly alg: SigningAlgorithm; readonly use: "sig" };

const generate = promisify(generateKeyPair);

const makers = {
  ES256: async () => (await generate("ec", { namedCurve: "P-256" })).privateKey,
  // Discovery asks for it (OpenID Connect Discovery 1.0 §3, `id_token_signing_alg_values_supported`).
  RS256: async () => (await generate("rsa", { modulusLength: 2048 })).privateKey,
} satisfies Record<string, () => Promise<KeyObject>>;

export const signingAlgorithms = Object.keys(makers) as SigningAlgorithm[];

interface KeyRow {
  readonly algorithm: string;
  readonly sealed_key: Buffer;
}

/** The keys, made if there are none yet. Throws as `vault.open` does. */
export async function loadSigningKeys(options: {
  readonly database: Database;
  readonly vault: Vault;
  readonly clock: Clock;
}): Promise<SigningKey[]> {
  const { database, vault } = options;
  const known = await readKeys(database);
  for (const algorithm of signingAlgorithms) if (!known.has(algorithm)) await addKey(options, algorithm);
  const all = await readKeys(database);
  return signingAlgorithms.map((algorithm) => {
    const sealed = all.get(algorithm) as Buffer;
    const jwk = JSON.parse(vault.open(sealed, place(algorithm)).toString("utf8")) as JsonWebKey;
    return { ...jwk, alg: algorithm, use: "sig" };
  });
}

async function readKeys(database: Database): Promise<Map<string, Buffer>> {
  const rows = await database.query<KeyRow>(sql`select algorithm, sealed_key from signing_keys`);
  return new Map(rows.map((row) => [row.algorithm, row.sealed_key]));
}

/** Of replicas that start together, the first one's stays. */
async function addKey(
  { database, vault, clock }: Parameters<typeof loadSigningKeys>[0],
  algorithm: SigningAlgorithm,
): Promise<void> {
  const key = await makers[algorithm]();
  const sealed = vault.seal(JSON.stringify(key.export({ format: "jwk" })), place(algorithm));
  await database.query(sql`
    insert into signing_keys (algorithm, sealed_key, created_at)
    values (${algorithm}, ${sealed}, ${new Date(clock.now())})
    on conflict (algorithm) do nothing`);
}

function place(algorithm: string) {
  return { table: "signing_keys", row: algorithm, column: "sealed_key" } as const;
}
