/** `castellan token …` */
import { pages, type Client, type Token } from "@castellan/client";
import { isId } from "@castellan/kernel";
import { cliFaults } from "../faults.ts";
import { confirm } from "../input/confirm.ts";
import { printTable } from "../output/table.ts";
import { parseSpan, relativeTime } from "../output/times.ts";
import { show, type Session } from "../session.ts";

export interface CreateTokenOptions {
  readonly portal?: readonly string[];
  /** Kinds of tools at these portals, with commas between: `read,write`. */
  readonly allow?: string;
  readonly admin?: boolean;
  /** A span: `30d`. */
  readonly expires?: string;
}

export async function createToken(
  session: Session,
  name: string,
  options: CreateTokenOptions,
): Promise<void> {
  const { terminal, api } = session;
  const { portal: portals = [], allow, admin = false, expires } = options;
  if (!admin && portals.length === 0)
    throw cliFaults.fault(
      "usage_invalid",
      "Such a token could do nothing: give it portals with --portal, or --admin",
    );
  const created = await api.addToken({
    body: {
      name,
      role: admin ? "admin" : "member",
      portals,
      ...(allow !== undefined && { allow: parseClasses(allow) }),
      ...(expires !== undefined && {
        expiresAt: new Date(terminal.now() + parseSpan(expires, "--expires")).toISOString(),
      }),
    },
  });
  show(session, created, ({ secret }) => terminal.print(secret));
  terminal.note("This is the only time that the token is shown: keep it where secrets are kept.");
}

const toolClasses = ["read", "write", "destructive"] as const;

/** Fault: `usage_invalid`. */
function parseClasses(text: string) {
  return text.split(",").map((one) => {
    const known = toolClasses.find((toolClass) => toolClass === one);
    if (known) return known;
    throw cliFaults.fault(
      "usage_invalid",
      `--allow takes ${toolClasses.join(", ")}, not ${JSON.stringify(one)}`,
    );
  });
}

export async function listTokens(session: Session, options: { revoked?: boolean }): Promise<void> {
  const { terminal } = session;
  const now = terminal.now();
  const items = await allTokens(session.api, options.revoked ?? false);
  const when = (time: string | undefined, otherwise: string) =>
    time === undefined ? otherwise : relativeTime(time, now);
  show(session, { items }, () =>
    printTable(
      items,
      [
        { title: "NAME", value: ({ name }) => name, shrinks: true },
        { title: "ROLE", value: ({ role }) => role },
        { title: "PORTALS", value: ({ portals }) => portals.join(", ") || "-", shrinks: true },
        { title: "CREATED", value: ({ createdAt }) => relativeTime(createdAt, now) },
        { title: "USED", value: ({ lastUsedAt }) => when(lastUsedAt, "never") },
        { title: "EXPIRES", value: ({ expiresAt }) => when(expiresAt, "never") },
        ...(options.revoked
          ? [{ title: "REVOKED", value: ({ revokedAt }: Token) => when(revokedAt, "-") }]
          : []),
        { title: "ID", value: ({ id }) => id },
      ],
      terminal,
    ),
  );
}

/** By id, or by the name of a living token. */
export async function revokeToken(
  session: Session,
  token: string,
  options: { yes?: boolean },
): Promise<void> {
  const { terminal, api } = session;
  const id = isId("token", token) ? token : await idOfName(api, token);
  await confirm(`Revoke token ${token}? Whoever uses it is refused from then on.`, terminal, options.yes);
  await api.revokeToken({ params: { id } });
  show(session, { revoked: id }, () => terminal.print(`Token ${token} is revoked`));
}

/** Fault: `usage_invalid`. */
export async function idOfName(api: Client, name: string, hasRevoked = false): Promise<string> {
  const found = (await allTokens(api, hasRevoked)).find((token) => token.name === name);
  if (found) return found.id;
  throw cliFaults.fault("usage_invalid", `There is no token with the name ${JSON.stringify(name)}`);
}

/** Newest first. */
async function allTokens(api: Client, hasRevoked: boolean): Promise<Token[]> {
  const query = { limit: 200, ...(hasRevoked && { revoked: "true" as const }) };
  return Array.fromAsync(pages(api.listTokens, { query }));
}
