/**
 * `castellan owner-link`: a way in for an owner when there is no other, for whoever has the data folder or the database.
 * It asks the database itself: nobody's token could be asked for.
 */
import { createPeople, type User } from "@castellan/access";
import {
  findRunningServer,
  openDatabase,
  sql,
  startEmbeddedServer,
  type Database,
} from "@castellan/database";
import { isFault, isId, systemClock } from "@castellan/kernel";
import { createInvitation, ensureFirstOwnerLink, welcomePath } from "@castellan/sign-in";
import { readConfig, type Config } from "../../config/settings.ts";
import { readAdminFile } from "../../house/admin-file.ts";
import { keepFirstOwnerLink } from "../../house/first-owner.ts";
import { dataFolder, type AccessOptions } from "../access/find-access.ts";
import { cliFaults } from "../faults.ts";
import { confirm } from "../input/confirm.ts";
import { fileExists } from "../input/file.ts";
import { toJson } from "../output/json.ts";
import type { Terminal } from "../terminal.ts";

export interface OwnerLinkOptions extends Pick<AccessOptions, "data"> {
  readonly json?: boolean;
  readonly yes?: boolean;
}

/** Faults: `access_unknown`, `usage_invalid`, `not_confirmed`, and those of opening the database. */
export async function makeOwnerLink(
  said: string | undefined,
  options: OwnerLinkOptions,
  terminal: Terminal,
): Promise<void> {
  const config = readConfig({ ...terminal.env, CASTELLAN_DATA: dataFolder(options, terminal) });
  await using opened = new AsyncDisposableStack();
  const database = await open(config, opened);
  await assertUpToDate(database);
  const people = createPeople({ database, clock: systemClock });
  const { items: owners } = await people.page({ role: "owner", status: "active", limit: 200 });
  const made =
    owners.length === 0
      ? await linkForFirst(said, config, database)
      : await linkFor(theOne(owners, said), { options, terminal, database });
  const url = `${await publicUrlOf(config)}${welcomePath(made.secret)}`;
  const { owner } = made;
  if (options.json) terminal.print(toJson({ url, owner: owner?.email ?? null }, 2));
  else terminal.print(url);
  terminal.note(
    owner
      ? `Who opens it is ${owner.email} from then on. It works once, within 24 hours; an earlier one is dead.`
      : "Who opens it becomes the first owner. It works once; an earlier one is dead.",
  );
}

interface Made {
  readonly secret: string;
  readonly owner?: User;
}

async function linkForFirst(said: string | undefined, config: Config, database: Database): Promise<Made> {
  if (said !== undefined)
    throw cliFaults.fault("usage_invalid", "Nobody is an owner yet: who opens the link says who they are");
  const { dataDir } = config;
  const nowMs = systemClock.now();
  // The file in the data folder is to tell the link that is good.
  const made =
    config.databaseUrl === undefined
      ? await keepFirstOwnerLink(database, {
          dataDir,
          publicUrl: await publicUrlOf(config),
          nowMs,
          replaces: true,
        })
      : await ensureFirstOwnerLink(database, { nowMs, replaces: true, keep: () => Promise.resolve() });
  if (made) return { secret: made.secret };
  throw cliFaults.fault("usage_invalid", "Somebody has just become the first owner: repeat the command");
}

async function linkFor(
  owner: User,
  { options, terminal, database }: { options: OwnerLinkOptions; terminal: Terminal; database: Database },
): Promise<Made> {
  const what = `Make a link that makes whoever opens it ${owner.email}, an owner? What they sign in with now is replaced.`;
  await confirm(what, terminal, options.yes);
  const wanted = { userId: owner.id, createdBy: "owner-link", nowMs: systemClock.now() };
  return { secret: (await createInvitation(database, wanted)).secret, owner };
}

/** By e-mail address or id; without either, where there is but one. */
function theOne(owners: readonly User[], said: string | undefined): User {
  const fitting = owners.filter(
    ({ id, email }) =>
      said === undefined || (isId("user", said) ? id === said : email === said.toLowerCase()),
  );
  const [one, ...others] = fitting;
  if (one && others.length === 0) return one;
  const names = owners.map(({ email }) => email).join(", ");
  throw cliFaults.fault("usage_invalid", `Say which owner: ${names}`);
}

/** The database that a server runs on, or would; nothing is made where there is none. */
async function open({ dataDir, databaseUrl }: Config, opened: AsyncDisposableStack): Promise<Database> {
  const connection = databaseUrl ?? (await embedded(dataDir, opened));
  return opened.use(
    await openDatabase({ connection, applicationName: "castellan owner-link", maxConnections: 2 }),
  );
}

/** Nothing is migrated here: other replicas may run an older release. */
async function assertUpToDate(database: Database): Promise<void> {
  const [row] = await database.query<{ there: boolean }>(
    sql`select to_regclass('users') is not null and to_regclass('invitations') is not null as there`,
  );
  if (row?.there) return;
  throw cliFaults.fault("access_unknown", "The database has no people yet: start this release on it once");
}

async function embedded(dataDir: string, opened: AsyncDisposableStack) {
  if (!(await fileExists(`${dataDir}/postgresql`)))
    throw cliFaults.fault(
      "access_unknown",
      `No server has run on ${dataDir}: name its data folder with --data`,
    );
  try {
    return opened.use(await startEmbeddedServer({ dataDir })).connection;
  } catch (error) {
    const running = isFault(error, "database_in_use") ? await findRunningServer(dataDir) : undefined;
    if (!running) throw error;
    return running;
  }
}

/** As the server would say it; what it said last where it chose its port itself. */
async function publicUrlOf({ publicUrl, dataDir, port }: Config): Promise<string> {
  return publicUrl ?? (await readAdminFile(dataDir))?.url ?? `http://localhost:${port}`;
}
