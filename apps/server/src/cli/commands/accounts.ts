/** `castellan server login` and `accounts`, and `castellan account …`: who has signed in at which server. */
import { pages, type Account, type LinkRequest, type MyAccount } from "@castellan/client";
import { isId, parseSlug } from "@castellan/kernel";
import { cliFaults } from "../faults.ts";
import { confirm } from "../input/confirm.ts";
import { clean } from "../output/clean.ts";
import { printTable, type Column } from "../output/table.ts";
import { when } from "../output/times.ts";
import { show, type Session } from "../session.ts";

export interface PageOptions {
  /** False: the address is only printed. */
  readonly browser?: boolean;
}

export interface LoginServerOptions extends PageOptions {
  /** Wanted beside those that were granted already. */
  readonly scope?: readonly string[];
}

/** A sign-in for all. */
export async function loginServer(
  session: Session,
  server: string,
  options: LoginServerOptions,
): Promise<void> {
  const { scope: scopes } = options;
  const slug = parseSlug(server, "SERVER");
  const link = await session.api.loginServer({ params: { slug }, ...(scopes && { body: { scopes } }) });
  await sendTo(link, session, options);
}

export async function linkAccount(session: Session, server: string, options: PageOptions): Promise<void> {
  await sendTo(
    await session.api.addMyAccount({ body: { server: parseSlug(server, "SERVER") } }),
    session,
    options,
  );
}

/** The page is good for whoever signs in to it as the person of this command, and nobody else. */
async function sendTo(link: LinkRequest, session: Session, { browser }: PageOptions): Promise<void> {
  const { terminal } = session;
  const isOpened =
    !session.isJson &&
    browser !== false &&
    terminal.isInteractive &&
    (await terminal.openBrowser(new URL(link.url)));
  show(session, link, () => {
    terminal.note(
      isOpened
        ? `Your browser opens the page to sign in at ${link.server}; if it does not, open it yourself:`
        : `Open this page in a browser to sign in at ${link.server}:`,
    );
    terminal.print(link.url);
  });
}

export async function listServerAccounts(session: Session, server: string): Promise<void> {
  const { terminal, api } = session;
  const slug = parseSlug(server, "SERVER");
  const items = await Array.fromAsync(pages(api.listAccounts, { params: { slug }, query: { limit: 200 } }));
  show(session, { items }, () => {
    if (items.length === 0) return terminal.note("Nobody has signed in there");
    const whose: Column<Account> = {
      title: "WHOSE",
      value: ({ owner, linkedBy }) => (owner.kind === "shared" ? `all (${linkedBy})` : linkedBy),
    };
    return printTable(items, [whose, ...columns<Account>(terminal.now())], terminal);
  });
}

export async function endAccount(
  session: Session,
  server: string,
  id: string,
  { yes }: { yes?: boolean },
): Promise<void> {
  const { terminal, api } = session;
  const slug = parseSlug(server, "SERVER");
  if (!isId("account", id)) throw notAnAccount();
  await confirm(`Forget account ${id} at ${slug}? Whose it is has to sign in anew.`, terminal, yes);
  await api.endAccount({ params: { slug, id } });
  show(session, { ended: id }, () => terminal.print(`Account ${id} is forgotten`));
}

export async function listAccounts(session: Session): Promise<void> {
  const { terminal, api } = session;
  const mine = await api.listMyAccounts();
  show(session, mine, () => {
    const where: Column<MyAccount> = { title: "SERVER", value: ({ server, title }) => server ?? title };
    if (mine.items.length > 0)
      printTable(mine.items, [where, ...columns<MyAccount>(terminal.now())], terminal);
    if (mine.items.length + mine.unlinked.length === 0) terminal.note("No server wants an account of yours");
    for (const { server, title } of mine.unlinked)
      terminal.note(`${clean(title)} wants an account of yours: castellan account link ${server}`);
  });
}

/** By its id, or by the server. */
export async function unlinkAccount(
  session: Session,
  said: string,
  { yes }: { yes?: boolean },
): Promise<void> {
  const { terminal, api } = session;
  const { items } = await api.listMyAccounts();
  const account = items.find(({ id, server }) => id === said || server === said);
  if (!account)
    throw cliFaults.fault("usage_invalid", `You have no account at ${said}: castellan account list`);
  const { id, title } = account;
  await confirm(`Unlink your account at ${clean(title)}? Its tokens are revoked.`, terminal, yes);
  await api.endMyAccount({ params: { id } });
  show(session, { ended: id }, () => terminal.print(`Your account at ${clean(title)} is unlinked`));
}

type Facts = Pick<Account, "state" | "reason" | "failure" | "scopes" | "linkedAt" | "usedAt" | "id">;

function columns<Item extends Facts>(now: number): Column<Item>[] {
  return [
    {
      title: "STATE",
      value: ({ state }) => state,
      style: ({ state }) => (state === "linked" ? "green" : "yellow"),
    },
    { title: "SCOPES", value: ({ scopes }) => scopes.join(" ") || "-", shrinks: true },
    { title: "LINKED", value: ({ linkedAt }) => when(linkedAt, now) },
    { title: "USED", value: ({ usedAt }) => when(usedAt, now) },
    { title: "WRONG", value: ({ reason, failure }) => reason ?? failure?.code ?? "-", shrinks: true },
    { title: "ID", value: ({ id }) => id },
  ];
}

function notAnAccount(): Error {
  return cliFaults.fault("usage_invalid", "ACCOUNT must be the id of an account (acc_…)");
}
