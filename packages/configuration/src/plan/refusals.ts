/** What stands against a plan, collected: who applies a file mends all of it at once. */
import { configurationFaults } from "../faults.ts";
import type { MissingSecret, PlannedHeaders } from "./secrets.ts";
import type { ResourceKind } from "./steps.ts";

interface Located extends MissingSecret {
  readonly field: string;
}

export class Refusals {
  readonly #foreign: { kind: ResourceKind; slug: string; managedBy: string | undefined }[] = [];
  readonly #missing: Located[] = [];
  readonly #unusable: Located[] = [];

  notManaged(kind: ResourceKind, slug: string, managedBy: string | undefined): void {
    this.#foreign.push({ kind, slug, managedBy });
  }

  secrets(server: string, { missing, unusable }: PlannedHeaders): void {
    const locate = (secret: MissingSecret) => ({
      ...secret,
      field: `servers.${server}.headers.${secret.header}`,
    });
    this.#missing.push(...missing.map(locate));
    this.#unusable.push(...unusable.map(locate));
  }

  /** Throws the gravest: `resource_not_managed`, `secret_missing`, `secret_invalid`. */
  throwAny(): void {
    const [foreign] = this.#foreign;
    if (foreign) {
      const owner = foreign.managedBy === undefined ? "made by hand" : `managed by "${foreign.managedBy}"`;
      throw configurationFaults.fault(
        "resource_not_managed",
        `${foreign.kind} "${foreign.slug}" is ${owner} and is not as this document says${others(this.#foreign)}`,
        { field: `${foreign.kind}s.${foreign.slug}`, data: { resources: this.#foreign } },
      );
    }
    const [missing] = this.#missing;
    if (missing)
      throw configurationFaults.fault(
        "secret_missing",
        `${missing.field} needs ${missing.secretRef}, which was not given${others(this.#missing)}`,
        { field: missing.field, data: { missing: this.#missing } },
      );
    const [unusable] = this.#unusable;
    if (unusable)
      throw configurationFaults.fault(
        "secret_invalid",
        `${unusable.field}: what ${unusable.secretRef} holds cannot be sent as a header${others(this.#unusable)}`,
        { field: unusable.field, data: { unusable: this.#unusable } },
      );
  }
}

function others(all: readonly unknown[]): string {
  return all.length > 1 ? ` (and ${all.length - 1} more)` : "";
}
