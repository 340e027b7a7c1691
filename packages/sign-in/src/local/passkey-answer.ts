/** What a browser sends of a passkey: JSON as of WebAuthn §5.1 (`PublicKeyCredential.toJSON`), in a field of a form. */
import { isFault, parseInput } from "@castellan/kernel";
import { z } from "zod";
import { signInFaults } from "../faults.ts";

const bytes = (maxLength: number) =>
  z
    .string()
    .regex(/^[\w-]+$/)
    .max(maxLength);

const credential = z.object({
  id: bytes(1500),
  rawId: bytes(1500),
  type: z.literal("public-key"),
  clientExtensionResults: z.looseObject({}).default({}),
  authenticatorAttachment: z.string().max(32).optional(),
});

const attestation = credential.extend({
  response: z.object({
    clientDataJSON: bytes(4000),
    attestationObject: bytes(16_000),
    transports: z.array(z.string().max(32)).max(10).optional(),
  }),
});

const assertion = credential.extend({
  response: z.object({
    clientDataJSON: bytes(4000),
    authenticatorData: bytes(4000),
    signature: bytes(4000),
    userHandle: bytes(128).optional(),
  }),
});

export function parseAttestation(text: string): z.output<typeof attestation> {
  return parse(attestation, text);
}

export function parseAssertion(text: string): z.output<typeof assertion> {
  return parse(assertion, text);
}

/** Fault: `passkey_refused`. */
function parse<Schema extends z.ZodType>(schema: Schema, text: string): z.output<Schema> {
  try {
    return parseInput(schema, JSON.parse(text), "credential");
  } catch (cause) {
    if (!isFault(cause) && !(cause instanceof SyntaxError)) throw cause;
    throw signInFaults.fault(
      "passkey_refused",
      "Your browser did not send what a passkey answers. Try it once more.",
      {
        cause,
      },
    );
  }
}
