import type { AccessRule, Directory } from "@castellan/access";
import type { Curation, CurationEntry, DefinitionKind, Naming } from "@castellan/calls";
import type { Id, Slug } from "@castellan/kernel";
import type { CapabilityKind } from "@castellan/mcp";

/** One MCP endpoint over a choice of servers. */
export interface Portal {
  readonly id: Id<"portal">;
  readonly slug: Slug;
  readonly title: string;
  readonly naming: Naming;
  /** Told to models ahead of what its servers say; may be empty. */
  readonly instructions: string;
  /** A host name of its own at which it is `/mcp`: lower case, with the port if it is not the default one. */
  readonly hostname: string | undefined;
  /** Kinds whose definitions it offers although nobody has approved them. */
  readonly autoAccept: readonly DefinitionKind[];
  /** Whether the registry names it to callers that nobody knows. */
  readonly isListed: boolean;
  /** Whose people come in. */
  readonly directory: Directory;
  /** Which of them, and what they may use there. Service tokens say it themselves. */
  readonly access: readonly AccessRule[];
  /** Whether nobody does more than read there, whatever rules and tokens say. */
  readonly isReadOnly: boolean;
  readonly codeMode: CodeModeRule;
  /** How much is done for those who come without a token. */
  readonly publicLimits: PublicLimits;
  /** Slugs of the authorization servers whose tokens it takes beside those of the house. */
  readonly trustedIssuers: readonly string[];
  /** Slugs of its servers, in the order in which their tools are listed. */
  readonly servers: readonly string[];
  /** The same servers by id. */
  readonly serverIds: readonly Id<"server">[];
  /** What it makes of each server's offer, by server id; absent: everything as it is. */
  readonly curations: ReadonlyMap<string, Curation>;
  /** The name of the configuration file that made it; absent: made by hand. */
  readonly managedBy: string | undefined;
  /** Grows with each change that an admin makes: what `If-Match` is compared with. */
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** `allowed`: a client may ask for Code Mode. `forced`: every connection is in it. `forbidden`: none is. */
export const codeModeRules = ["allowed", "forced", "forbidden"] as const;
export type CodeModeRule = (typeof codeModeRules)[number];

/** Requests that callers without a token send in a minute: all of them together, and from one address. */
export interface PublicLimits {
  readonly requestsPerMinute: number;
  readonly requestsPerMinutePerAddress: number;
}

export const defaultPublicLimits: PublicLimits = {
  requestsPerMinute: 1_200,
  requestsPerMinutePerAddress: 120,
};

/** What is absent is empty, or as it is for most. */
export interface NewPortal {
  readonly slug: Slug;
  readonly title: string;
  readonly naming: Naming;
  readonly instructions?: string;
  readonly hostname?: string | undefined;
  readonly autoAccept?: readonly DefinitionKind[];
  readonly isListed?: boolean;
  /** Default `workforce`. */
  readonly directory?: Directory;
  /** The servers that a rule names must be the portal's. */
  readonly access?: readonly AccessRule[];
  readonly isReadOnly?: boolean;
  /** Default `allowed`. */
  readonly codeMode?: CodeModeRule;
  readonly publicLimits?: PublicLimits;
  readonly trustedIssuers?: readonly string[];
  readonly managedBy?: string | undefined;
  /** In the order in which their tools are listed; a bare slug is everything of that server. */
  readonly servers: readonly (string | NewPortalServer)[];
}

export interface NewPortalServer {
  readonly server: string;
  readonly curation: Curation;
}

/** All that an admin says of a portal but its slug: what `replace` puts in the place of what was. */
export type WholePortal = Omit<NewPortal, "slug">;

/** What may be changed of a portal; what is absent stays as it is. */
export interface PortalChange {
  readonly title?: string | undefined;
  readonly naming?: Naming | undefined;
  readonly instructions?: string | undefined;
  /** Null: none. */
  readonly hostname?: string | null | undefined;
  readonly autoAccept?: readonly DefinitionKind[] | undefined;
  readonly isListed?: boolean | undefined;
  readonly directory?: Directory | undefined;
  /** What rules say of servers that go, goes with them. */
  readonly access?: readonly AccessRule[] | undefined;
  readonly isReadOnly?: boolean | undefined;
  readonly codeMode?: CodeModeRule | undefined;
  readonly publicLimits?: PublicLimits | undefined;
  readonly trustedIssuers?: readonly string[] | undefined;
  /** Null: made by hand. */
  readonly managedBy?: string | null | undefined;
  /** Slugs in their order: those that are left out go, new ones come with everything, the others keep their curation. */
  readonly servers?: readonly string[] | undefined;
}

/** A merge patch (RFC 7396) of what a portal makes of a server's offer: null takes out an entry, or a field of one. */
export interface CurationPatch {
  readonly mode?: Curation["mode"] | null | undefined;
  readonly entries?: Readonly<Partial<Record<CapabilityKind, KindPatch | null>>> | undefined;
}

export type KindPatch = Readonly<Record<string, EntryPatch | null>>;

export type EntryPatch = {
  readonly [Field in keyof CurationEntry]?: CurationEntry[Field] | null | undefined;
};

/** Which portals are meant; what is absent does not matter. */
export interface PortalFilter {
  /** A part of the slug or the title, in whichever case. */
  readonly q?: string | undefined;
  /** The slug of a server that is in it. */
  readonly server?: string | undefined;
  /** The slug after which the page begins. */
  readonly after?: string | undefined;
  readonly limit: number;
}

/** The portal that is also served at `/mcp`. */
export const defaultPortalSlug = "default";
