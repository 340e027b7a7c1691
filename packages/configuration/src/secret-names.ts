/** Where an export says that secrets come from: as a document said, else a variable with a name of its own. */
import type { SecretRef } from "@castellan/calls";
import type { PresentServer } from "./present.ts";

/** Of a header, or of the auth. */
export type SecretOf = "header" | "auth";

export class SecretNames {
  readonly #made = new Map<string, string>();

  constructor(servers: readonly PresentServer[]) {
    const taken = new Set(
      servers
        .flatMap(({ server }) => [...Object.values(server.headerRefs), ...Object.values(server.authRefs)])
        .map(({ secretRef }) => secretRef),
    );
    for (const { server } of servers) {
      for (const name of server.headerNames)
        if (!Object.hasOwn(server.headerRefs, name)) this.#make(server.slug, "header", name, taken);
      for (const name of server.authSecretNames)
        if (!Object.hasOwn(server.authRefs, name)) this.#make(server.slug, "auth", name, taken);
    }
  }

  headerRef({ server }: PresentServer, header: string): SecretRef {
    return server.headerRefs[header] ?? this.#madeFor(server.slug, "header", header);
  }

  authRef({ server }: PresentServer, name: PresentServer["server"]["authSecretNames"][number]): SecretRef {
    return server.authRefs[name] ?? this.#madeFor(server.slug, "auth", name);
  }

  #make(slug: string, of: SecretOf, name: string, taken: Set<string>): void {
    const words = of === "auth" ? `auth_${name.replaceAll(/[A-Z]/g, "_$&")}` : name;
    const variable = `MCP_${slug}_${words}`
      .replaceAll(/[^A-Za-z0-9]/g, "_")
      .toUpperCase()
      .slice(0, 120);
    const wanted = `env:${variable}`;
    let free = wanted;
    for (let count = 2; taken.has(free); count += 1) free = `${wanted}_${count}`;
    taken.add(free);
    this.#made.set(JSON.stringify([slug, of, name]), free);
  }

  #madeFor(slug: string, of: SecretOf, name: string): SecretRef {
    return { secretRef: this.#made.get(JSON.stringify([slug, of, name])) ?? "" };
  }
}
