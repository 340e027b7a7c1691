/** `castellan token …` */
import { pages, type Token, type TokenChange } from "@castellan/client";
import { cliFaults } from "../faults.ts";
import { confirm } from "../input/confirm.ts";
import { findToken } from "../input/named.ts";
import { assertSomething, parseClasses } from "../input/some-of.ts";
import { printDetails, printTable } from "../output/table.ts";
import { parseSpan, relativeTime, when } from "../output/times.ts";
import { show, type Session } from "../session.ts";
import type { Terminal } from "../terminal.ts";

/** What a token may do at portals, in short or scope by scope. */
interface ReachOptions {
  readonly portal?: readonly string[];
  /** Kinds of tools at these portals. */
  readonly allow?: readonly string[];
  readonly scope?: readonly string[];
}

export interface CreateTokenOptions extends ReachOptions {
  readonly role?: Token["role"];
  /** Short for that role. */
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
  const { admin = false, role = admin ? "admin" : "member", expires } = options;
  if (admin && role !== "admin")
    throw cliFaults.fault("usage_invalid", `--admin and --role ${role} exclude each other`);
  const reach = reachOf(options);
  if (role === "member" && reach === undefined)
    throw cliFaults.fault(
      "usage_invalid",
      "Such a token could do nothing: give it portals with --portal, scopes with --scope, or a role with --role",
    );
  const expiresAt = expires === undefined ? undefined : timeIn(expires, terminal);
  const created = await api.addToken({ body: { name, role, ...(reach ?? { scopes: [] }), expiresAt } });
  tellSecret(session, created);
}

/** Fault: `usage_invalid`. */
function reachOf({ portal: portals, allow, scope: scopes }: ReachOptions) {
  if (portals === undefined && scopes === undefined) {
    if (allow === undefined) return undefined;
    throw cliFaults.fault("usage_invalid", "--allow is about portals: name them with --portal");
  }
  return {
    ...(scopes && { scopes }),
    ...(portals && { portals }),
    ...(allow && { allow: parseClasses(allow, "--allow") }),
  };
}

function timeIn(span: string, terminal: Terminal): string {
  return new Date(terminal.now() + parseSpan(span, "--expires")).toISOString();
}

export async function listTokens(session: Session, options: { revoked?: boolean }): Promise<void> {
  const { terminal, api } = session;
  const now = terminal.now();
  const query = { limit: 200, ...(options.revoked && { revoked: "true" as const }) };
  const items = await Array.fromAsync(pages(api.listTokens, { query }));
  show(session, { items }, () =>
    printTable(
      items,
      [
        { title: "NAME", value: ({ name }) => name, shrinks: true },
        { title: "ROLE", value: ({ role }) => role },
        { title: "PORTALS", value: ({ portals }) => portals.join(", ") || "-", shrinks: true },
        { title: "CREATED", value: ({ createdAt }) => relativeTime(createdAt, now) },
        { title: "USED", value: ({ lastUsedAt }) => when(lastUsedAt, now) },
        { title: "EXPIRES", value: ({ expiresAt }) => when(expiresAt, now) },
        ...(options.revoked
          ? [
              {
                title: "REVOKED",
                value: ({ revokedAt }: Token) =>
                  revokedAt === undefined ? "-" : relativeTime(revokedAt, now),
              },
            ]
          : []),
        { title: "ID", value: ({ id }) => id },
      ],
      terminal,
    ),
  );
}

export async function getToken(session: Session, said: string): Promise<void> {
  showToken(session, await findToken(session.api, said));
}

export interface EditTokenOptions extends ReachOptions {
  readonly name?: string;
  readonly expires?: string | false;
}

/** What was read is what is changed: if somebody was faster, `version_stale`, and nothing has changed. */
export async function editToken(session: Session, said: string, options: EditTokenOptions): Promise<void> {
  const { api, terminal } = session;
  const { name, expires } = options;
  const expiresAt = expires === undefined ? undefined : expires === false ? null : timeIn(expires, terminal);
  const body: TokenChange = { name, ...reachOf(options), expiresAt };
  assertSomething(body, "token edit");
  const { id, version } = await findToken(api, said);
  showToken(session, await api.changeToken({ params: { id }, body, ifMatch: version }));
}

/** The new secret is alone on standard output. */
export async function rotateToken(
  session: Session,
  said: string,
  { overlap, yes }: { overlap?: string; yes?: boolean },
): Promise<void> {
  const { api, terminal } = session;
  const overlapSeconds = overlap === undefined ? undefined : parseSpan(overlap, "--overlap") / 1000;
  const { id, name } = await findToken(api, said);
  if (overlapSeconds === 0)
    await confirm(
      `End the earlier secrets of token ${name} now? Whoever uses one is refused.`,
      terminal,
      yes,
    );
  const rotated = await api.rotateToken({
    params: { id },
    body: overlapSeconds === undefined ? undefined : { overlapSeconds },
  });
  tellSecret(session, rotated);
  if (rotated.previousUntil !== undefined)
    terminal.note(
      `The one before is good for a while: it ends ${relativeTime(rotated.previousUntil, terminal.now())}.`,
    );
}

export async function revokeToken(session: Session, said: string, options: { yes?: boolean }): Promise<void> {
  const { terminal, api } = session;
  const { id } = await findToken(api, said);
  await confirm(`Revoke token ${said}? Whoever uses it is refused from then on.`, terminal, options.yes);
  await api.revokeToken({ params: { id } });
  show(session, { revoked: id }, () => terminal.print(`Token ${said} is revoked`));
}

function tellSecret<Made extends { readonly secret: string }>(session: Session, made: Made): void {
  const { terminal } = session;
  show(session, made, ({ secret }) => terminal.print(secret));
  terminal.note("This is the only time that the token is shown: keep it where secrets are kept.");
}

function showToken(session: Session, token: Token): void {
  const { terminal } = session;
  const now = terminal.now();
  show(session, token, () =>
    printDetails(
      {
        Token: token.name,
        Role: token.role,
        Scopes: token.scopes.join(", ") || "none",
        Made: `${relativeTime(token.createdAt, now)} by ${token.createdBy}`,
        Used: when(token.lastUsedAt, now),
        Expires: when(token.expiresAt, now),
        Revoked: token.revokedAt && relativeTime(token.revokedAt, now),
        ID: token.id,
      },
      terminal,
    ),
  );
}
