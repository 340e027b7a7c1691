/** `castellan login`, `logout` and `whoami`: a person at a server, by the browser in which they sign in. */
import type { Me } from "@castellan/client";
import { isFault } from "@castellan/kernel";
import { toTokenSource } from "../access/credential.ts";
import { findServer, type AccessOptions } from "../access/find-access.ts";
import {
  changeLogins,
  findLogin,
  loadLogins,
  withLogin,
  withoutLogin,
  type Login,
  type Logins,
} from "../access/logins.ts";
import { toServerUrl } from "../access/url.ts";
import { connect } from "../client/connect.ts";
import { cliFaults } from "../faults.ts";
import { beginLogin, discoverApi, revokeLogin, type Attempt } from "../login/authorization-server.ts";
import { listenForCallback, type Callback } from "../login/callback.ts";
import { toJson } from "../output/json.ts";
import { printDetails } from "../output/table.ts";
import { show, type Session, type SessionOptions } from "../session.ts";
import type { Terminal } from "../terminal.ts";

export interface LoginOptions extends SessionOptions {
  /** False: the address is only printed. */
  readonly browser?: boolean;
}

/** How long somebody may look for their phone. */
const patienceMs = 10 * 60_000;

/** Faults: those of `findServer` and `discoverApi`, `login_refused`. */
export async function login(options: LoginOptions, terminal: Terminal): Promise<void> {
  const { url } = await findServer(options, terminal);
  const api = await discoverApi(url);
  await using callback = await listenForCallback();
  const attempt = await beginLogin(api, callback.redirectUri);
  callback.expect(attempt.isAnswer);
  await sendPerson(attempt.address, options, terminal);
  const made = await attempt.finish(await waitForAnswer(attempt, callback, terminal), terminal.now);
  const earlier = await changeLogins(terminal, (logins) =>
    Promise.resolve({
      logins: { ...withLogin(logins, made), current: made.url },
      result: findLogin(logins, made.url),
    }),
  );
  if (earlier) await endAtServer(earlier, terminal);
  const token = toTokenSource({ signedInAt: made.url }, terminal);
  const me = await connect({ url: made.url, token }).getMe();
  if (options.json) terminal.print(toJson({ url: made.url, ...me }, 2));
  else terminal.print(`Signed in at ${made.url} as ${nameOf(me)}, ${me.role}`);
  if (terminal.env["CASTELLAN_TOKEN"])
    terminal.note("CASTELLAN_TOKEN is set, and commands go on using that: unset it to be yourself.");
}

async function sendPerson(address: URL, { browser }: LoginOptions, terminal: Terminal): Promise<void> {
  const isOpened = browser !== false && (await terminal.openBrowser(address));
  terminal.note(
    isOpened
      ? "Your browser opens this address; if it does not, open it yourself:"
      : "Open this address in a browser:",
  );
  terminal.note(`\n  ${address.href}\n`);
}

/** By the listener, or, where the browser is on another computer, from what somebody brings of its address bar. */
async function waitForAnswer(attempt: Attempt, callback: Callback, terminal: Terminal): Promise<URL> {
  const over = new AbortController();
  const late = AbortSignal.timeout(patienceMs);
  try {
    return await Promise.race([
      callback.arrived,
      new Promise<never>((_, reject) => {
        late.addEventListener("abort", () => reject(refused("Nobody came back from the browser")));
      }),
      ...(terminal.isInteractive ? [pasted(attempt, over.signal, terminal)] : []),
    ]);
  } finally {
    over.abort();
  }
}

async function pasted(attempt: Attempt, over: AbortSignal, terminal: Terminal): Promise<URL> {
  const question =
    "Waiting for the browser. If it is on another computer, paste the address at which it ends here: ";
  const back = URL.parse((await terminal.ask(question, over)).trim());
  // Aborted: whoever waits has its answer already.
  if (over.aborted) return new Promise<never>(() => undefined);
  if (back && attempt.isAnswer(back)) return back;
  throw refused("That is not the address to which the browser was sent in the end");
}

/** Of the server that is named, or of the one that commands use at present. */
export async function logout(options: AccessOptions & { json?: boolean }, terminal: Terminal): Promise<void> {
  const named = options.url === undefined ? undefined : toServerUrl(options.url);
  if (options.url !== undefined && named === undefined)
    throw cliFaults.fault("usage_invalid", "--url must be the URL of a server");
  const ended = await changeLogins<Login | undefined>(terminal, (logins: Logins) => {
    const login = findLogin(logins, named);
    return Promise.resolve({ logins: login ? withoutLogin(logins, login.url) : logins, result: login });
  });
  const left = await loadLogins(terminal);
  if (ended) await endAtServer(ended, terminal);
  if (options.json) return terminal.print(toJson({ signedOut: ended?.url ?? null }, 2));
  terminal.print(ended ? `Signed out at ${ended.url}` : "Nobody is signed in");
  const others = left.all.map(({ url }) => url).join(", ");
  if (others !== "") terminal.note(`Still signed in: ${others} (castellan logout --url URL)`);
}

/** What it was good for is good for nothing here any more, whether the server can be told or not. */
async function endAtServer(ended: Login, terminal: Terminal): Promise<void> {
  try {
    await revokeLogin(ended);
  } catch (error) {
    if (!isFault(error)) throw error;
    if (error.code === "login_over") return;
    terminal.note(
      `The server could not be told (${error.code}): until it runs out, ${ended.url}/account can end the earlier sign-in`,
    );
  }
}

export async function whoAmI(session: Session): Promise<void> {
  const { terminal, api, url, tokenFrom } = session;
  show(session, await api.getMe(), (me) =>
    printDetails(
      {
        [me.kind === "user" ? "Person" : "Token"]: nameOf(me),
        Role: `${me.role} (may ${me.permissions.join(", ")})`,
        Directory: me.directory,
        Groups: me.groups?.join(", ") || undefined,
        Scopes: me.scopes?.join(", ") || undefined,
        Server: url,
        "Known from": tokenFrom,
        ...Object.fromEntries(me.portals.map(portalLine)),
      },
      terminal,
    ),
  );
}

/** `Portal okrs` → `okrs: read, write; weather: read` */
function portalLine({ slug, servers }: Me["portals"][number]): [string, string] {
  return [`Portal ${slug}`, servers.map((one) => `${one.slug}: ${one.classes.join(", ")}`).join("; ")];
}

function nameOf({ name, email }: Me): string {
  return email === undefined ? name : `${name} (${email})`;
}

function refused(message: string) {
  return cliFaults.fault("login_refused", message);
}
