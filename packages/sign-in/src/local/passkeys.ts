/**
 * Passkeys (WebAuthn level 3): always discoverable, so nobody has to say who they are, and always with user verification
 * (a fingerprint, a face, a PIN), so one is proof enough by itself. Which make of device it is, is not asked.
 */
import { isIP } from "node:net";
import type { Queryable } from "@castellan/database";
import { isId, type Clock, type Id } from "@castellan/kernel";
import type { AuthenticationResponseJSON, RegistrationResponseJSON } from "@simplewebauthn/server";
import { signInFaults } from "../faults.ts";
import type { Challenges } from "./challenge.ts";
import { parseAssertion, parseAttestation } from "./passkey-answer.ts";
import { findPasskey, listPasskeys, notePasskeyUse, type PasskeyCredential } from "./passkey-store.ts";

/** Whose passkey is to be made, as their device shows it. */
export interface PasskeyHolder {
  /** A user's id, or an invitation's for whoever has none yet. */
  readonly id: string;
  readonly email: string;
  readonly name: string;
}

/** Where an answer comes from. */
export interface Ceremony {
  /** What the passkey is for: a challenge that was made for something else is not good. */
  readonly purpose: string;
  /** What only this browser has (`Forms.browser`). */
  readonly browser: string;
}

export interface Passkeys {
  /** False where browsers know no passkeys: the public URL names an IP address, or is plain HTTP beyond localhost. */
  readonly isAvailable: boolean;
  /** What `navigator.credentials.create` takes, as JSON. */
  creationOptions(holder: PasskeyHolder, ceremony: Ceremony): Promise<string>;
  /** What the browser made of it. Fault: `passkey_refused`. */
  verifyCreation(answer: string, holder: PasskeyHolder, ceremony: Ceremony): Promise<PasskeyCredential>;
  /** What `navigator.credentials.get` takes, as JSON. */
  requestOptions(ceremony: Ceremony): Promise<string>;
  /** Whose passkey has answered. Fault: `passkey_refused`. */
  verifyRequest(answer: string, ceremony: Ceremony): Promise<{ userId: Id<"user">; amr: string[] }>;
}

export interface PasskeysOptions {
  readonly database: Queryable;
  readonly challenges: Challenges;
  readonly publicUrl: string;
  readonly clock: Clock;
}

/** Loaded when a passkey first comes up: a replica where nobody signs in does without these 10 MiB. */
const webAuthn = () => import("@simplewebauthn/server");

export function createPasskeys({ database, challenges, publicUrl, clock }: PasskeysOptions): Passkeys {
  const { hostname: rpId, origin, protocol } = new URL(publicUrl);
  const isGood = ({ purpose, browser }: Ceremony) => {
    return (challenge: string) => challenges.isGood(challenge, purpose, browser);
  };

  const heldBy = ({ id }: PasskeyHolder) => (isId("user", id) ? listPasskeys(database, id) : []);

  return Object.freeze<Passkeys>({
    // WebAuthn §5.1.2: the relying party is a domain, in a secure context.
    isAvailable: isIP(rpId.replaceAll(/[[\]]/g, "")) === 0 && (protocol === "https:" || rpId === "localhost"),

    creationOptions: async (holder, { purpose, browser }) => {
      const held = await heldBy(holder);
      const { generateRegistrationOptions } = await webAuthn();
      const options = await generateRegistrationOptions({
        rpID: rpId,
        rpName: "Castellan",
        userID: Uint8Array.from(Buffer.from(handleOf(holder, held))),
        userName: holder.email,
        userDisplayName: holder.name,
        challenge: Uint8Array.from(Buffer.from(challenges.make(purpose, browser), "base64url")),
        attestationType: "none",
        supportedAlgorithmIDs: algorithms,
        authenticatorSelection: { residentKey: "required", userVerification: "required" },
        excludeCredentials: held.map(({ credentialId, transports }) => ({
          id: Buffer.from(credentialId).toString("base64url"),
          transports: [...transports],
        })),
        timeout: timeoutMs,
      });
      return JSON.stringify(options);
    },

    verifyCreation: async (answer, holder, ceremony) => {
      const response = parseAttestation(answer) as RegistrationResponseJSON;
      const { verifyRegistrationResponse } = await webAuthn();
      const { registrationInfo: made } = await verifyRegistrationResponse({
        response,
        expectedChallenge: isGood(ceremony),
        expectedOrigin: origin,
        expectedRPID: rpId,
        requireUserVerification: true,
        supportedAlgorithmIDs: algorithms,
      }).catch(refuse);
      if (!made) throw refused();
      await spend(challenges, response);
      const { id, publicKey, counter, transports = [] } = made.credential;
      return {
        userHandle: handleOf(holder, await heldBy(holder)),
        credentialId: Buffer.from(id, "base64url"),
        publicKey,
        counter,
        transports: transports.filter((transport) => /^[a-z-]{1,32}$/.test(transport)).slice(0, 10),
        isSynced: made.credentialBackedUp,
      };
    },

    requestOptions: async ({ purpose, browser }) => {
      const { generateAuthenticationOptions } = await webAuthn();
      const options = await generateAuthenticationOptions({
        rpID: rpId,
        challenge: Uint8Array.from(Buffer.from(challenges.make(purpose, browser), "base64url")),
        userVerification: "required",
        timeout: timeoutMs,
      });
      return JSON.stringify(options);
    },

    verifyRequest: async (answer, ceremony) => {
      const response = parseAssertion(answer) as AuthenticationResponseJSON;
      const known = await findPasskey(database, Buffer.from(response.id, "base64url"));
      const handle = Buffer.from(response.response.userHandle ?? "", "base64url").toString();
      // WebAuthn §7.2, step 6: a discoverable passkey says whose it is.
      if (!known || handle !== known.userHandle) throw refused();
      const { verifyAuthenticationResponse } = await webAuthn();
      const { verified, authenticationInfo: info } = await verifyAuthenticationResponse({
        response,
        expectedChallenge: isGood(ceremony),
        expectedOrigin: origin,
        expectedRPID: rpId,
        requireUserVerification: true,
        credential: {
          id: response.id,
          publicKey: Uint8Array.from(known.publicKey),
          counter: known.counter,
        },
      }).catch(refuse);
      if (!verified) throw refused();
      await spend(challenges, response);
      const isSynced = info.credentialBackedUp;
      await notePasskeyUse(database, known.id, { counter: info.newCounter, isSynced, nowMs: clock.now() });
      // RFC 8176: a key in hardware or in software, together with what its holder is or knows.
      return { userId: known.userId, amr: [isSynced ? "swk" : "hwk", "user", "mfa"] };
    },
  });
}

/** EdDSA, ES256 and RS256 (COSE): what devices make. */
const algorithms = [-8, -7, -257];
const timeoutMs = 300_000;

/** A device that has a passkey of the same person for this site replaces it: all have one handle. */
function handleOf(holder: PasskeyHolder, held: readonly { userHandle: string }[]): string {
  return held[0]?.userHandle ?? holder.id;
}

async function spend(
  challenges: Challenges,
  { response }: { response: { clientDataJSON: string } },
): Promise<void> {
  // It has been verified: the challenge in it is ours.
  const { challenge } = JSON.parse(Buffer.from(response.clientDataJSON, "base64url").toString()) as {
    challenge: string;
  };
  if (!(await challenges.spend(challenge))) throw refused();
}

/** Whatever the library finds wrong with what a stranger sent is one thing to them. */
function refuse(error: unknown): never {
  throw refused(error);
}

function refused(cause?: unknown): Error {
  return signInFaults.fault(
    "passkey_refused",
    "This passkey does not open an account here, or its answer came too late. Try it once more, or use another one.",
    { cause },
  );
}
