import { fieldOf } from "@castellan/kernel";
import { serverEntry } from "../document/server-entry.ts";
import type { ServerEntry } from "../document/document.ts";
import type { Approvals } from "../document/approvals.ts";
import { fromApprovals, serverEntryOf, toApprovals, type PresentServerEntry } from "../entries.ts";
import type { PresentServer } from "../present.ts";
import { differences, type FieldChange } from "./difference.ts";
import { toTold } from "./plan-document.ts";
import type { PlannedSecrets } from "./secrets.ts";

/** In which fields a server is another one afterwards. */
export function serverDifferences(
  slug: string,
  entry: ServerEntry,
  present: PresentServer | undefined,
  { headers, authSecrets }: { readonly headers: PlannedSecrets; readonly authSecrets: PlannedSecrets },
): FieldChange[] {
  const before = present ? serverEntryOf(present) : defaultsOf(slug);
  const { approvals, rejections, openapi, ...after } = entry;
  // Decisions that a document says nothing about stay as they are.
  const wanted = {
    ...after,
    ...(openapi && { openapi: toTold(openapi) }),
    approvals: approvals ? standing(approvals, entry, present) : before.approvals,
    rejections: rejections ?? before.rejections,
  };
  const changed = (of: string) => (name: string) => ({
    path: fieldOf([of, name], ""),
    secret: "changed" as const,
  });
  return [
    ...differences(before, wanted),
    ...headers.rotated.map(changed("headers")),
    ...authSecrets.rotated.map(changed("authSecrets")),
  ];
}

/**
 * Without approvals of what the server has replaced meanwhile, where its setting accepts what took the place: they
 * are out of date for good, and `expect` leaves them out, too.
 */
function standing(
  approvals: Approvals,
  { autoAccept }: ServerEntry,
  present: PresentServer | undefined,
): Approvals {
  const accepted = (present?.approvals ?? []).filter(
    ({ kind, isAccepted }) => isAccepted && autoAccept.includes(kind),
  );
  if (accepted.length === 0) return approvals;
  const replaced = new Map(accepted.map(({ kind, name, fingerprint }) => [`${kind} ${name}`, fingerprint]));
  return toApprovals(
    fromApprovals(approvals).filter(({ kind, name, fingerprint }) => {
      const now = replaced.get(`${kind} ${name}`);
      return now === undefined || now === fingerprint;
    }),
  );
}

/** A new server is told of by what is not as by default. */
function defaultsOf(slug: string): Omit<PresentServerEntry, "url"> {
  const { url: _, ...rest } = serverEntry.parse({
    url: "https://example.com/",
    approvals: {},
    rejections: {},
  });
  return { ...rest, title: slug } as Omit<PresentServerEntry, "url">;
}
