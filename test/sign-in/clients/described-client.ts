/**
 * The site of a client that describes itself (OAuth Client ID Metadata Document), over TLS. The installation goes there as
 * to any site on the Internet; the proxy that its admin set carries it to a server of the test.
 */
import { mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAuthority, serve, serveProxy } from "@castellan/web/testing";

export interface DescribedClients extends AsyncDisposable {
  /** For the installation: the proxy, and the authority that signed the site's certificate. */
  readonly env: Readonly<Record<string, string>>;
  /** Puts a description up; its address is the client's id. */
  describe(name: string, document: { client_name: string; redirect_uris: readonly string[] }): string;
}

/** A public address, which is what makes it one to go to. No name: there is no resolver to be relied on. */
export const clientHost = "93.184.216.34";

export async function serveDescribedClients(): Promise<DescribedClients> {
  await using opened = new AsyncDisposableStack();
  const folder = opened.use(await mkdtempDisposable(join(tmpdir(), "castellan-clients-")));
  const { authority, server } = createAuthority(clientHost);
  const caFile = join(folder.path, "authority.pem");
  await writeFile(caFile, authority);
  const documents = new Map<string, object>();
  const site = opened.use(
    await serve((request, response) => {
      const found = documents.get(request.url ?? "");
      response.writeHead(found ? 200 : 404, { "content-type": "application/json" });
      response.end(JSON.stringify(found ?? {}));
    }, server),
  );
  const proxy = opened.use(await serveProxy(() => site.port));
  const owned = opened.move();
  return {
    env: {
      CASTELLAN_PROXY_URL: `http://127.0.0.1:${proxy.port}`,
      CASTELLAN_NO_PROXY: "127.0.0.1",
      CASTELLAN_CA_FILE: caFile,
    },
    describe(name, document) {
      const path = `/clients/${name}.json`;
      const url = `https://${clientHost}${path}`;
      documents.set(path, {
        ...document,
        client_id: url,
        grant_types: ["authorization_code", "refresh_token"],
        token_endpoint_auth_method: "none",
      });
      return url;
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
