/** What stands against a plan, collected: who applies a file mends all of it at once. */
import { configurationFaults } from "../faults.ts";
import type { NamedSecret, PlannedSecrets } from "./secrets.ts";
import type { ResourceKind } from "./steps.ts";

export interface LocatedSecret {
  readonly field: string;
  readonly secretRef: string;
}

interface Foreign {
  readonly kind: ResourceKind;
  readonly slug: string;
  readonly managedBy: string | undefined;
}

export class Refusals {
  readonly #foreign: { told: Foreign; field: string }[] = [];
  readonly #missing: LocatedSecret[] = [];
  readonly #unusable: LocatedSecret[] = [];

  notManaged(told: Foreign, field: string): void {
    this.#foreign.push({ told, field });
  }

  headers(server: string, { missing, unusable }: PlannedSecrets): void {
    const located = ({ name, secretRef }: NamedSecret) => ({
      header: name,
      secretRef,
      field: `servers.${server}.headers.${name}`,
    });
    for (const one of missing) this.missing(located(one));
    for (const one of unusable) this.unusable(located(one));
  }

  authSecrets(server: string, { missing, unusable }: PlannedSecrets): void {
    const located = ({ name, secretRef }: NamedSecret) => ({
      secretRef,
      field: `servers.${server}.authSecrets.${name}`,
    });
    for (const one of missing) this.missing(located(one));
    for (const one of unusable) this.unusable(located(one));
  }

  missing(secret: LocatedSecret): void {
    this.#missing.push(secret);
  }

  unusable(secret: LocatedSecret): void {
    this.#unusable.push(secret);
  }

  /** Throws the gravest: `resource_not_managed`, `secret_missing`, `secret_invalid`. */
  throwAny(): void {
    const [foreign] = this.#foreign;
    if (foreign) {
      const { kind, slug, managedBy } = foreign.told;
      const owner = managedBy === undefined ? "made by hand" : `managed by "${managedBy}"`;
      throw configurationFaults.fault(
        "resource_not_managed",
        `${kind.replace("_", " ")} "${slug}" is ${owner} and is not as this document says${others(this.#foreign)}`,
        { field: foreign.field, data: { resources: this.#foreign.map(({ told }) => told) } },
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
        `${unusable.field}: what ${unusable.secretRef} holds cannot be sent${others(this.#unusable)}`,
        { field: unusable.field, data: { unusable: this.#unusable } },
      );
  }
}

function others(all: readonly unknown[]): string {
  return all.length > 1 ? ` (and ${all.length - 1} more)` : "";
}
