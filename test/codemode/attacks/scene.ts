/** More ways in for people who are there already: another client of theirs, another portal. */
import { allow, registerClient } from "../../sign-in/oauth-client.ts";
import type { Door, Heard, Loose } from "../../portal/client.ts";
import { sayModern } from "../../portal/client.ts";
import { inCodeMode, last, pagesIn, type CodeScene, type Visitor } from "../scene.ts";

interface Guest {
  readonly clientId: string;
  readonly door: Door;
}

/** Lets another client of somebody's into the portal of this URL; `classes` of tools that it may call. */
export async function letIn(
  { browser }: Pick<Visitor, "browser">,
  portalUrl: string,
  classes: readonly string[] = ["read", "write"],
): Promise<Guest> {
  const portal = /\/p\/([^/]+)\//.exec(portalUrl)?.[1];
  const scope = [`portal:${portal}`, ...classes.map((one) => `portal:${portal}:${one}`)].join(" ");
  const client = await registerClient(portalUrl, "Another");
  const authorization = client.authorization(scope);
  const page = await browser.open(authorization.url);
  const { access: token } = await authorization.redeem(await allow(browser, page, page.forms[0]?.boxes));
  return { clientId: client.id, door: inCodeMode({ url: portalUrl, token }) };
}

export const plainUrl = ({ url }: Door): string => url.replace(/\?.*$/, "");

const resultUri = (run: string) => `codemode://runs/${run}/result`;

/** What somebody reads of what a run returned; undefined: there is nothing for them. */
export async function resultOf(door: Door, run: string): Promise<string | undefined> {
  const { result } = await last(sayModern(door, "resources/read", { uri: resultUri(run) }));
  return result?.contents[0].text;
}

/** The code of the failure that a call of a tool that runs code was answered with; undefined: of none. */
export async function failureOf(heard: Heard | Promise<Heard>): Promise<string | undefined> {
  const { result, error } = await last(heard);
  return error?.data?.code ?? result?.structuredContent?.error?.code;
}

export const stateOf = ({ result }: Readonly<Record<string, Loose>>): string =>
  result?.structuredContent?.status ?? "completed";

export interface WaitingRun {
  readonly run: string;
  /** Where somebody decides on it. */
  readonly page: string;
}

/** Runs code that waits for somebody's yes. */
export async function waitingRun(
  { execute }: Pick<CodeScene, "execute">,
  door: Door,
  code: string,
): Promise<WaitingRun> {
  const paused = await last(execute(door, { code }));
  const { run } = paused["result"].structuredContent;
  return { run, page: pagesIn(paused)[0] ?? "" };
}

interface Program {
  readonly id: string;
  readonly door: Door;
}

/** With a service token. */
export async function programIn({ api, portalUrl }: CodeScene, name: string): Promise<Program> {
  const token = { name, role: "member", portals: ["main"], allow: ["read", "write"] };
  const { id, secret } = await api<{ id: string; secret: string }>("POST", "/tokens", token);
  return { id, door: inCodeMode({ url: portalUrl, token: secret }) };
}

/** A client that comes for itself. */
export async function machineIn({ api, portalUrl }: CodeScene, name: string): Promise<Program> {
  const scopes = ["portal:main", "portal:main:read", "portal:main:write"];
  const { id, secret } = await api<{ id: string; secret: string }>("POST", "/clients", {
    name,
    authMethod: "client_secret_basic",
    grantTypes: ["client_credentials"],
    scopes,
  });
  const answer = await fetch(new URL("/oauth/token", portalUrl), {
    method: "POST",
    headers: { authorization: `Basic ${btoa(`${id}:${secret}`)}` },
    body: new URLSearchParams({
      grant_type: "client_credentials",
      resource: portalUrl,
      scope: scopes.join(" "),
    }),
  });
  const { access_token: token } = (await answer.json()) as { access_token: string };
  return { id, door: inCodeMode({ url: portalUrl, token }) };
}
