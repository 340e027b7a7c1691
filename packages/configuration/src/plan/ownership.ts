/** Whose a resource is: a file changes what it made, and nothing else unless that is wanted. */
import type { FieldChange } from "./difference.ts";

export interface Claim {
  /** The name of the file that is applied. */
  readonly file: string;
  /** Takes over what others made. */
  readonly adopt: boolean;
}

/**
 * Whether the file may have a resource that differs in these fields. What was made by hand it takes over without
 * being told to only where nothing about it changes; what another file made, never.
 */
export function mayClaim(
  { file, adopt }: Claim,
  managedBy: string | undefined,
  fields: readonly FieldChange[],
): boolean {
  if (adopt || managedBy === file) return true;
  return managedBy === undefined && fields.length === 0;
}

/** The claim itself, as a field of the resource. */
export function claimOf({ file }: Claim, managedBy: string | undefined): FieldChange[] {
  if (managedBy === file) return [];
  return [{ path: "managedBy", ...(managedBy !== undefined && { before: managedBy }), after: file }];
}
