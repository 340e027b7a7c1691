/** `castellan session …`: browsers in which people are signed in. */
import { isId } from "@castellan/kernel";
import { cliFaults } from "../faults.ts";
import { confirm } from "../input/confirm.ts";
import { findUser, type Directory } from "../input/named.ts";
import { printTable } from "../output/table.ts";
import { relativeTime } from "../output/times.ts";
import { show, type Session } from "../session.ts";

/** Without anybody: one's own. */
export async function listSessions(
  session: Session,
  said: string | undefined,
  { directory }: { directory?: Directory },
): Promise<void> {
  const { terminal, api } = session;
  const { items } =
    said === undefined
      ? await api.listMySessions()
      : await api.listUserSessions({ params: { id: (await findUser(api, said, directory)).id } });
  const now = terminal.now();
  show(session, { items }, () => {
    if (items.length === 0) return terminal.note("Signed in nowhere");
    return printTable(
      items,
      [
        { title: "WITH", value: ({ provider }) => provider },
        { title: "PROVED BY", value: ({ amr }) => amr.join(", ") || "-" },
        { title: "ADDRESS", value: ({ address }) => address },
        { title: "USED", value: ({ lastUsedAt }) => relativeTime(lastUsedAt, now) },
        { title: "ENDS", value: ({ expiresAt }) => relativeTime(expiresAt, now) },
        { title: "BROWSER", value: ({ userAgent }) => userAgent, shrinks: true },
        { title: "ID", value: ({ id }) => id },
      ],
      terminal,
    );
  });
}

export interface EndOptions {
  /** One's own, for whoever may not end others'. */
  readonly mine?: boolean;
  readonly yes?: boolean;
}

export async function endSession(session: Session, id: string, { mine, yes }: EndOptions): Promise<void> {
  const { terminal, api } = session;
  if (!isId("signIn", id))
    throw cliFaults.fault("usage_invalid", "SESSION must be the id of a session (sgn_…)");
  await confirm(`End session ${id}, and what clients were given in it?`, terminal, yes);
  await (mine ? api.endMySession : api.endSession)({ params: { id } });
  show(session, { ended: id }, () => terminal.print(`Session ${id} has ended`));
}
