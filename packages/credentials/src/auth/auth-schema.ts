/** `UpstreamAuth` and its secrets as they come from outside: each field by itself. What fits together is told by `authProblems` of the servers. */
import { z } from "zod";
import { authSecretNames, type AuthSecretName } from "./secret-use.ts";
import { clientAuthMethods, type UpstreamAuth } from "./upstream-auth.ts";

/** RFC 6749 Appendix A: `VSCHAR`, what names of clients are made of. */
const visible = /^[\x20-\x7e]+$/;
/** RFC 6749 §3.3. */
const scopeToken = /^[\x21\x23-\x5b\x5d-\x7e]+$/;
/** Control characters break headers, and the layout of the pages where people read. */
// oxlint-disable-next-line no-control-regex
const withoutControls = /^[^\u0000-\u001f\u007f-\u009f\u2028\u2029]*$/;

const maxAddressLength = 2048;
const addressRule = "must be an http or https URL without user name, password and fragment";

const address = z
  .string()
  .max(maxAddressLength)
  .refine(isAddress, { error: addressRule })
  .meta({ format: "uri" });

/** Compared to the letter (RFC 8414 §3.3), so it is kept as it was given. */
const issuer = address.refine((text) => !text.includes("?"), {
  error: "must have no query (RFC 8414 §2)",
});

const client = z.strictObject({
  id: z.string().max(2048).regex(visible, "must be visible ASCII characters"),
  authMethod: z.enum(clientAuthMethods).exactOptional(),
});

/** Scopes as somebody names them. */
export const scopeList = z
  .array(z.string().max(256).regex(scopeToken, "must be a scope (RFC 6749 §3.3)"))
  .max(100);

const oauth = {
  issuer: issuer
    .exactOptional()
    .describe("The authorization server; absent: the first that the server names"),
  client: client
    .exactOptional()
    .describe("A client that was registered there by hand; absent: this installation introduces itself"),
  scopes: scopeList.exactOptional().describe("Instead of those that the server asks for"),
  resource: z.enum(["send", "omit"]).exactOptional().describe("Whether `resource` is sent (RFC 8707)"),
  endpoints: z
    .strictObject({
      authorization: address.exactOptional(),
      token: address,
      revocation: address.exactOptional(),
    })
    .exactOptional()
    .describe("For authorization servers without metadata"),
};

const audience = z.string().min(1).max(maxAddressLength).regex(visible, "must be visible ASCII characters");
const groups = z.boolean().exactOptional().describe("Whether it says in which groups the person is");

/** Of one kind: a member that the kind does not have is refused. */
export const upstreamAuth: z.ZodType<UpstreamAuth, UpstreamAuth> = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("auto") }),
  z.strictObject({ kind: z.literal("none") }),
  z.strictObject({ kind: z.literal("bearer") }),
  z.strictObject({
    kind: z.literal("basic"),
    username: z
      .string()
      .max(256)
      .regex(withoutControls, "must have no control characters")
      .refine((name) => !name.includes(":"), { error: "must have no colon (RFC 7617 §2)" }),
  }),
  z.strictObject({ kind: z.literal("client_credentials"), ...oauth }),
  z.strictObject({ kind: z.literal("shared_account"), ...oauth }),
  z.strictObject({
    kind: z.literal("own_account"),
    programs: z.enum(["refused", "shared"]).exactOptional(),
    ...oauth,
  }),
  z.strictObject({
    kind: z.literal("own_key"),
    header: z.string().max(128).exactOptional().describe("In lower case; absent: `authorization`"),
    prefix: z
      .string()
      .max(64)
      .regex(/^(?:[\x21-\x7e][\x20-\x7e]*)?$/, "must be visible ASCII characters")
      .exactOptional()
      .describe("What stands before the key; absent: `Bearer ` with `authorization`, else nothing"),
    hint: z
      .string()
      .max(300)
      .regex(withoutControls, "must have no control characters")
      .refine(isHint, { error: "must be a sentence, or an https address" })
      .exactOptional()
      .describe("Where people get a key, told on the page: a sentence, or an https address"),
  }),
  z.strictObject({ kind: z.literal("identity"), audience: audience.exactOptional(), groups }),
  z.strictObject({
    kind: z.literal("token_exchange"),
    audience: audience.exactOptional(),
    groups,
    ...oauth,
  }),
  z.strictObject({ kind: z.literal("id_jag"), groups, ...oauth }),
]);

/** RFC 9110 §5.5, as what a bearer token or a key is sent in. */
const headerText = z
  .string()
  .min(1)
  .max(8192)
  .regex(/^[\x21-\x7e]+$/, "must be visible ASCII characters without spaces");

const maxKeyLength = 16_384;

/** Each secret by its name. Messages say nothing of a value. */
export const authSecretFields = {
  token: headerText,
  password: z.string().min(1).max(1024).regex(withoutControls, "must have no control characters"),
  clientSecret: z.string().min(1).max(2048).regex(visible, "must be visible ASCII characters"),
  privateKey: z
    .string()
    .max(maxKeyLength)
    .regex(
      /^\s*-----BEGIN PRIVATE KEY-----[A-Za-z0-9+/=\s]+-----END PRIVATE KEY-----\s*$/,
      "must be a private key, PKCS #8 in PEM, not encrypted",
    ),
} as const satisfies Record<AuthSecretName, z.ZodType<string>>;

/** Why this cannot be a secret of that name; undefined when it can. */
export function authSecretProblem(name: AuthSecretName, value: string): string | undefined {
  const parsed = authSecretFields[name].safeParse(value);
  return parsed.success ? undefined : parsed.error.issues[0]?.message;
}

export function isAuthSecretName(name: string): name is AuthSecretName {
  return (authSecretNames as readonly string[]).includes(name);
}

function isAddress(text: string): boolean {
  if (!visible.test(text) || text.includes(" ") || text.includes("#") || !URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return (protocol === "https:" || protocol === "http:") && username === "" && password === "";
}

/** What has a scheme is an address: of those, only what is safe to follow from a page. */
function isHint(text: string): boolean {
  return !/^\s*[a-z][a-z0-9+.-]*:\S/i.test(text) || (text.startsWith("https://") && URL.canParse(text));
}
