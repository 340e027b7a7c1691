/** A definition as a portal shows it: the server's own text with its public name, and what the portal says of it. */
import {
  isObject,
  paramHeadersOf,
  toLegacyTool,
  withMembers,
  type Era,
  type ParamHeader,
} from "@castellan/mcp";
import { kinds } from "./definition.ts";
import { mayNamePage } from "./public-uris.ts";
import { upstreamEra, type Offer } from "./share.ts";
import { limitUiHosts } from "./ui-hosts.ts";

/** An offer never changes, and most have one name in all the portals that share them. */
const texts: Readonly<Record<Era, WeakMap<Offer, OfferText>>> = {
  legacy: new WeakMap(),
  modern: new WeakMap(),
};

export interface OfferText {
  readonly publicName: string;
  readonly text: string;
  /** Whether it may be a tool's that names a page, under the server's own URI. */
  readonly mayNamePage: boolean;
}

export function offerText(offer: Offer, publicName: string, era: Era): OfferText {
  const known = texts[era].get(offer);
  if (known?.publicName === publicName) return known;
  const { kind, text } = offer.definition;
  const made = {
    publicName,
    text: makeText(offer, publicName, era),
    mayNamePage: kind === "tool" && mayNamePage(text),
  };
  texts[era].set(offer, made);
  return made;
}

function makeText({ server, definition, description }: Offer, publicName: string, era: Era): string {
  const { kind, name, text } = definition;
  const spoken = upstreamEra(server, era) ?? era;
  const inEra = era === "legacy" && kind === "tool" ? toLegacyTool(text, spoken) : text;
  const named = {
    ...(publicName !== name && { [kinds[kind].key]: JSON.stringify(publicName) }),
    ...(description !== undefined && { description: JSON.stringify(description) }),
  };
  const shown = Object.keys(named).length === 0 ? inEra : withMembers(inEra, named);
  return limitUiHosts(shown, server.server.uiHosts);
}

/**
 * The arguments of a tool that travel as headers as well where either hop is of the modern era; undefined for a
 * tool whose marks are unsound: it is not to be offered there (2026-07-28, SEP-2243).
 */
export function offerHeaders(offer: Offer, era: Era): readonly ParamHeader[] | undefined {
  const { server, definition } = offer;
  if (definition.kind !== "tool") return [];
  if (era === "legacy" && upstreamEra(server, era) === "legacy") return [];
  const known = marks.get(definition);
  if (known) return known.sound;
  const found = { sound: toolHeaders(definition.text) };
  marks.set(definition, found);
  return found.sound;
}

const marks = new WeakMap<Offer["definition"], { readonly sound: readonly ParamHeader[] | undefined }>();

function toolHeaders(text: string): readonly ParamHeader[] | undefined {
  // A key may be written with escapes.
  if (!text.includes("x-mcp-header") && !text.includes("\\u")) return [];
  const tool: unknown = JSON.parse(text);
  return paramHeadersOf(isObject(tool) ? tool["inputSchema"] : undefined);
}
