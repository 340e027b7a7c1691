/** `castellan portal add` and `edit`. */
import type { AddPortalBody, Portal } from "@castellan/client";
import { parseSlug } from "@castellan/kernel";
import { cliFaults } from "../faults.ts";
import { readTextFile } from "../input/file.ts";
import type { Directory } from "../input/named.ts";
import { parsePair } from "../input/pair.ts";
import { acceptedKinds } from "../input/server-settings.ts";
import { assertSomething } from "../input/some-of.ts";
import type { Session } from "../session.ts";
import type { Terminal } from "../terminal.ts";
import { showPortal } from "./show-portal.ts";

interface PortalOptions {
  readonly title?: string;
  readonly servers?: readonly string[];
  readonly naming?: NonNullable<AddPortalBody["naming"]>;
  readonly listed?: boolean;
  readonly readOnly?: boolean;
  readonly codeMode?: NonNullable<AddPortalBody["codeMode"]>;
  readonly directory?: Directory;
  /** `requests-per-minute=600` */
  readonly publicLimit?: readonly string[];
}

export interface AddPortalOptions extends PortalOptions {
  readonly plainNames?: boolean;
  /** `@FILE`: the text in it. */
  readonly instructions?: string;
  readonly hostname?: string;
  /** Words of `parseKinds`. */
  readonly autoAccept?: readonly string[];
  readonly trust?: readonly string[];
}

/** False: none from now on. */
export interface EditPortalOptions extends PortalOptions {
  readonly instructions?: string | false;
  readonly hostname?: string | false;
  readonly autoAccept?: readonly string[] | false;
  readonly trust?: readonly string[] | false;
}

export async function addPortal(session: Session, slug: string, options: AddPortalOptions): Promise<void> {
  const { title, servers, listed: isListed, readOnly: isReadOnly, codeMode, hostname, directory } = options;
  if (options.plainNames && options.naming === "prefixed")
    throw cliFaults.fault("usage_invalid", "--plain-names and --naming prefixed exclude each other");
  const body = {
    slug,
    title,
    servers,
    naming: options.plainNames ? ("plain" as const) : options.naming,
    instructions: await readText(options.instructions, session.terminal),
    hostname,
    autoAccept: acceptedKinds(options.autoAccept),
    isListed,
    isReadOnly,
    codeMode,
    directory,
    publicLimits: parsePublicLimits(options.publicLimit),
    trustedIssuers: options.trust,
  };
  showPortal(session, await session.api.addPortal({ body }));
}

/** What was read is what is changed: if somebody was faster, `version_stale`, and nothing has changed. */
export async function editPortal(
  session: Session,
  portal: string,
  options: EditPortalOptions,
): Promise<void> {
  const { api, terminal } = session;
  const { title, servers, naming, listed: isListed, readOnly: isReadOnly, codeMode, directory } = options;
  const limits = parsePublicLimits(options.publicLimit);
  const body = {
    title,
    servers,
    naming,
    instructions: await readText(options.instructions === false ? "" : options.instructions, terminal),
    hostname: options.hostname === false ? null : options.hostname,
    autoAccept: acceptedKinds(options.autoAccept),
    isListed,
    isReadOnly,
    codeMode,
    directory,
    trustedIssuers: options.trust === false ? [] : options.trust,
  };
  assertSomething({ ...body, limits }, "portal edit");
  const params = { slug: parseSlug(portal, "PORTAL") };
  const { version, publicLimits } = await api.getPortal({ params });
  const all = { ...body, ...(limits && { publicLimits: { ...publicLimits, ...limits } }) };
  showPortal(session, await api.changePortal({ params, body: all, ifMatch: version }));
}

const publicLimitFields = {
  "requests-per-minute": "requestsPerMinute",
  "requests-per-minute-per-address": "requestsPerMinutePerAddress",
} as const;

/** Fault: `usage_invalid`. */
function parsePublicLimits(
  texts: readonly string[] | undefined,
): Partial<Portal["publicLimits"]> | undefined {
  return texts && Object.fromEntries(texts.map(parsePublicLimit));
}

function parsePublicLimit(text: string): [field: string, value: number] {
  const [name, value] = parsePair(text, "--public-limit");
  const field = Object.entries(publicLimitFields).find(([word]) => word === name)?.[1];
  if (field !== undefined && /^\d{1,9}$/.test(value)) return [field, Number(value)];
  throw cliFaults.fault(
    "usage_invalid",
    `--public-limit must look like ${Object.keys(publicLimitFields).join("=600 or ")}=60`,
  );
}

/** Fault: `file_unreadable`. */
async function readText(text: string | undefined, { cwd }: Terminal): Promise<string | undefined> {
  if (!text?.startsWith("@")) return text;
  return (await readTextFile(text.slice(1), cwd)).trimEnd();
}
