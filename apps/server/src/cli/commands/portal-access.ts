/** `castellan portal access`, `allow` and `disallow`: who may use what of a portal. */
import type { AccessRule, Portal } from "@castellan/client";
import { parseSlug } from "@castellan/kernel";
import { cliFaults } from "../faults.ts";
import { parseClasses, type ToolClass } from "../input/some-of.ts";
import { parseEnd, when } from "../output/times.ts";
import { printDetails, printTable } from "../output/table.ts";
import { show, type Session } from "../session.ts";

export interface Whom {
  readonly group?: string;
  readonly user?: string;
  readonly everyone?: boolean;
  readonly public?: boolean;
}

export interface AccessOptions extends Whom {
  readonly class?: readonly string[];
  readonly server?: readonly string[];
}

export interface AllowOptions extends AccessOptions {
  /** A span, a day or a time. */
  readonly until?: string;
}

export async function getPortalAccess(session: Session, slug: string): Promise<void> {
  showAccess(session, await session.api.getPortal({ params: { slug: parseSlug(slug, "PORTAL") } }));
}

/** Adds to what they may, for good or until a moment. If somebody was faster, `version_stale`, and nothing has changed. */
export async function allow(session: Session, portal: string, options: AllowOptions): Promise<void> {
  const who = whoOf(options);
  const classes = parseClasses(options.class ?? ["read"], "--class");
  const { server: servers } = options;
  const until =
    options.until === undefined
      ? undefined
      : parseEnd(options.until, session.terminal.now(), "--until").toISOString();
  await changeAccess(session, portal, (access) => {
    const same = (rule: AccessRule) =>
      isWho(rule, who) && key(rule.servers) === key(servers) && rule.until === until;
    const before = access.filter(same).flatMap((rule) => rule.classes);
    const all = parseClasses([...before, ...classes], "--class");
    const rule = { who, classes: all, ...(servers && { servers }), ...(until !== undefined && { until }) };
    return [...access.filter((one) => !same(one)), rule];
  });
}

/** Takes it away: everything, or only some classes or servers of it. As above. */
export async function disallow(session: Session, portal: string, options: AccessOptions): Promise<void> {
  const who = whoOf(options);
  const classes = options.class && parseClasses(options.class, "--class");
  await changeAccess(session, portal, (access) => {
    const after = access.flatMap((rule) =>
      isWho(rule, who) ? lessened(rule, classes, options.server, who) : [rule],
    );
    if (JSON.stringify(after) !== JSON.stringify(access)) return after;
    throw cliFaults.fault("usage_invalid", `No rule of portal ${portal} gives that to ${who}`);
  });
}

/** The rule in so many rules as it takes to say what is left of it. */
function lessened(
  rule: AccessRule,
  classes: readonly ToolClass[] | undefined,
  servers: readonly string[] | undefined,
  who: string,
): AccessRule[] {
  const leftClasses = rule.classes.filter((one) => classes !== undefined && !classes.includes(one));
  if (servers === undefined) return leftClasses.length === 0 ? [] : [{ ...rule, classes: leftClasses }];
  if (rule.servers === undefined)
    throw cliFaults.fault(
      "usage_invalid",
      `What ${who} may is about all servers of the portal, later ones too: take it away without --server, and allow what is to be left`,
    );
  const hit = rule.servers.filter((slug) => servers.includes(slug));
  const others = rule.servers.filter((slug) => !servers.includes(slug));
  return [
    ...(others.length === 0 ? [] : [{ ...rule, servers: others }]),
    ...(hit.length === 0 || leftClasses.length === 0
      ? []
      : [{ ...rule, classes: leftClasses, servers: hit }]),
  ];
}

async function changeAccess(
  session: Session,
  portal: string,
  change: (access: Portal["access"]) => readonly AccessRule[],
): Promise<void> {
  const { api } = session;
  const params = { slug: parseSlug(portal, "PORTAL") };
  const { access, version } = await api.getPortal({ params });
  const body = { access: change(access) };
  showAccess(session, await api.changePortal({ params, body, ifMatch: version }));
}

/** Exactly one of them. Fault: `usage_invalid`. */
function whoOf({ group, user, everyone, public: isPublic }: Whom): string {
  const said = [
    ...(group === undefined ? [] : [`group:${group}`]),
    ...(user === undefined ? [] : [`user:${user.toLowerCase()}`]),
    ...(everyone ? ["everyone"] : []),
    ...(isPublic ? ["public"] : []),
  ];
  const [who] = said;
  if (who !== undefined && said.length === 1) return who;
  throw cliFaults.fault("usage_invalid", "Say whom: one of --group, --user, --everyone and --public");
}

function isWho(rule: AccessRule, who: string): boolean {
  return rule.who === who;
}

function key(servers: readonly string[] | undefined): string | undefined {
  return servers?.toSorted().join(" ");
}

function showAccess(session: Session, portal: Portal): void {
  const { terminal } = session;
  const { slug, directory, access, isReadOnly, publicLimits, trustedIssuers, version } = portal;
  const shown = { slug, directory, access, isReadOnly, publicLimits, trustedIssuers, version };
  show(session, shown, () => {
    const hasPublic = access.some(({ who }) => who === "public");
    printDetails(
      {
        Portal: slug,
        "People of": directory,
        "Read only": isReadOnly ? "yes, whatever is said below" : undefined,
        "Takes tokens of": trustedIssuers.join(", ") || undefined,
        "Without a token": hasPublic
          ? `${publicLimits.requestsPerMinute} requests a minute, ${publicLimits.requestsPerMinutePerAddress} of one address`
          : undefined,
      },
      terminal,
    );
    if (access.length === 0)
      return terminal.note(
        "Nobody comes in but programs, by their tokens: castellan portal allow says who may",
      );
    terminal.print("");
    return printTable(
      access,
      [
        { title: "WHO", value: ({ who }) => who, shrinks: true },
        { title: "MAY", value: ({ classes }) => classes.join(", ") },
        { title: "SERVERS", value: ({ servers }) => servers?.join(", ") ?? "all", shrinks: true },
        ...(access.some(({ until }) => until !== undefined)
          ? [{ title: "ENDS", value: ({ until }: AccessRule) => when(until, terminal.now()) }]
          : []),
      ],
      terminal,
    );
  });
}
