/** `castellan portal add` and `edit`. */
import type { AddPortalBody } from "@castellan/client";
import { parseSlug } from "@castellan/kernel";
import { cliFaults } from "../faults.ts";
import { readTextFile } from "../input/file.ts";
import { acceptedKinds } from "../input/server-settings.ts";
import type { Session } from "../session.ts";
import type { Terminal } from "../terminal.ts";
import { showPortal } from "./show-portal.ts";

interface PortalOptions {
  readonly title?: string;
  readonly servers?: readonly string[];
  readonly naming?: NonNullable<AddPortalBody["naming"]>;
  readonly listed?: boolean;
}

export interface AddPortalOptions extends PortalOptions {
  readonly plainNames?: boolean;
  /** `@FILE`: the text in it. */
  readonly instructions?: string;
  readonly hostname?: string;
  /** Words of `parseKinds`. */
  readonly autoAccept?: readonly string[];
}

/** False: none from now on. */
export interface EditPortalOptions extends PortalOptions {
  readonly instructions?: string | false;
  readonly hostname?: string | false;
  readonly autoAccept?: readonly string[] | false;
}

export async function addPortal(session: Session, slug: string, options: AddPortalOptions): Promise<void> {
  const { title, servers, listed: isListed, hostname } = options;
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
  const { title, servers, naming, listed: isListed } = options;
  const body = {
    title,
    servers,
    naming,
    instructions: await readText(options.instructions === false ? "" : options.instructions, terminal),
    hostname: options.hostname === false ? null : options.hostname,
    autoAccept: acceptedKinds(options.autoAccept),
    isListed,
  };
  if (Object.values(body).every((value) => value === undefined))
    throw cliFaults.fault(
      "usage_invalid",
      "Say what is to change: `castellan portal edit --help` lists what can be",
    );
  const params = { slug: parseSlug(portal, "PORTAL") };
  const { version } = await api.getPortal({ params });
  showPortal(session, await api.changePortal({ params, body, ifMatch: version }));
}

/** Fault: `file_unreadable`. */
async function readText(text: string | undefined, { cwd }: Terminal): Promise<string | undefined> {
  if (!text?.startsWith("@")) return text;
  return (await readTextFile(text.slice(1), cwd)).trimEnd();
}
