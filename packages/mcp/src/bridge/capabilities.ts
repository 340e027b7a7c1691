/** What a server is told that the client can do. */
import { isObjectText, withMembers } from "../json/members.ts";
import { memberOf } from "../jsonrpc/message.ts";
import type { Era } from "../versions.ts";
import { declares, type ClientFeature } from "./client-features.ts";

/** The extension that 2026-07-28 has for tasks (SEP-2663). */
export const tasksExtension = "io.modelcontextprotocol/tasks";

/**
 * The client's capabilities (raw JSON) as a server of `era` is told them: those that the client
 * declares and the server is allowed, less what cannot be carried between the two eras. Whatever
 * else the client says of itself stays as it came. `caller` is the client's era, by default `era`.
 */
export function capabilitiesFor(
  era: Era,
  capabilitiesText: string,
  allowed: ReadonlySet<ClientFeature>,
  { caller = era }: { readonly caller?: Era } = {},
): string {
  if (!isObjectText(capabilitiesText)) return "{}";
  const member = (name: string) => memberOf(capabilitiesText, name);
  const may = (feature: ClientFeature) => allowed.has(feature) && declares(capabilitiesText, feature);
  const areModern = era === "modern" && caller === "modern";
  return withMembers(capabilitiesText, {
    elicitation: elicitation(member("elicitation"), may),
    sampling: may("sampling") ? member("sampling") : undefined,
    roots: may("roots") ? roots(member("roots"), era) : undefined,
    // The experimental tasks of 2025-11-25 are not carried; 2026-07-28 made them anew, as an extension.
    tasks: undefined,
    extensions: areModern ? member("extensions") : withoutTasks(member("extensions")),
  });
}

/** An elicitation without modes would mean forms: where no mode is left, the whole member goes. */
function elicitation(text: string | undefined, may: (feature: ClientFeature) => boolean): string | undefined {
  const form = may("elicitation_form");
  const url = may("elicitation_url");
  if (text === undefined || (!form && !url)) return undefined;
  return withMembers(text, {
    form: form ? memberOf(text, "form") : undefined,
    url: url ? memberOf(text, "url") : undefined,
  });
}

/** 2026-07-28 has no `notifications/roots/list_changed`. */
function roots(text: string | undefined, era: Era): string | undefined {
  return text !== undefined && era === "modern" ? withMembers(text, { listChanged: undefined }) : text;
}

function withoutTasks(text: string | undefined): string | undefined {
  if (!isObjectText(text) || memberOf(text, tasksExtension) === undefined) return text;
  const rest = withMembers(text, { [tasksExtension]: undefined });
  return /^\s*\{\s*\}/.test(rest) ? undefined : rest;
}
