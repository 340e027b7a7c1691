/**
 * How a client is introduced to a person: what of it is known and what is its own word, and where the answer goes. What
 * clients write themselves is shown with everything in it that hides (`visible`), cut short, and never as a link.
 */
import { visible } from "@castellan/kernel";
import { commandLineClientId } from "../clients/command-line-client.ts";
import { redirectKind } from "../clients/redirect-uri.ts";
import type { ClientForConsent } from "../ports.ts";

export interface Introduction {
  readonly name: string;
  /** What is known of it, as a sentence. */
  readonly known: string;
  /** Where the browser goes with the answer: "the website app.example.com". */
  readonly destination: string;
  /** What somebody could pretend, and how to tell. */
  readonly warning: string | undefined;
}

const maxNameLength = 80;

export function introduce(client: ClientForConsent, redirectUri: string): Introduction {
  const name = shown(client.name);
  const to = new URL(redirectUri);
  const kind = redirectKind(redirectUri);
  const home = client.kind === "document" ? URL.parse(client.id)?.host : undefined;
  const introduction = { name, known: knownOf(client, home) };
  if (kind === "loopback")
    return {
      ...introduction,
      destination: "a program on this computer",
      warning:
        "Any program on this computer could call itself that. Go on only if you have just started it yourself.",
    };
  if (kind === "app")
    return {
      ...introduction,
      destination: `the app on this device that opens links with ${shown(to.protocol)}`,
      warning: "Another app on this device could call itself that. Go on only if you have just come from it.",
    };
  const isKnown = client.kind === "registered" || (home !== undefined && isWithin(to.host, home));
  return {
    ...introduction,
    destination: `the website ${shown(to.host)}`,
    warning: isKnown
      ? undefined
      : `Anybody could call themselves that. Go on only if you know ${shown(to.host)} and have just come from there.`,
  };
}

/** A stranger's text as one short line. */
export function shown(text: string): string {
  const characters = [...text.replaceAll(/\s+/g, " ").trim()];
  const cut =
    characters.length > maxNameLength ? [...characters.slice(0, maxNameLength - 1), "…"] : characters;
  return visible(cut.join(""));
}

function knownOf({ id, kind }: ClientForConsent, home: string | undefined): string {
  if (id === commandLineClientId) return "It comes with Castellan.";
  if (kind === "registered") return "An admin has added it here.";
  return home === undefined
    ? "It chose this name itself; nobody has checked it."
    : `It goes by this name at ${shown(home)}.`;
}

/** The same host, or one below it. */
function isWithin(host: string, home: string): boolean {
  return host === home || host.endsWith(`.${home}`);
}
