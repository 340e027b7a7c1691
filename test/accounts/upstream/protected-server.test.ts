import {
  Client,
  StreamableHTTPClientTransport,
  type OAuthDiscoveryState,
} from "@modelcontextprotocol/client";
import { startAuthorizationServer, type AuthorizationServer } from "@castellan/credentials/testing";
import { describe, expect, test } from "vitest";
import { openReal } from "../../field-lessons/sdk.ts";
import { notesUri } from "./notes.ts";
import { startProtectedServer, type ProtectedServer } from "./protected-server.ts";

const redirectUrl = "http://127.0.0.1:9/callback";

/** An official client that goes the whole way by itself, but for the click; the token that it got. */
async function signedIn(
  authorizationServer: AuthorizationServer,
  server: ProtectedServer,
  user: string,
): Promise<string> {
  let [verifier, sentTo] = ["", new URL("about:blank")];
  let known: { client_id: string } | undefined;
  let discovered: OAuthDiscoveryState | undefined;
  let token = "";
  const transport = new StreamableHTTPClientTransport(new URL(server.url), {
    authProvider: {
      redirectUrl,
      clientMetadata: { redirect_uris: [redirectUrl], application_type: "native" },
      clientInformation: () => known,
      saveClientInformation: (client) => void (known = client),
      tokens: () => undefined,
      saveTokens: ({ access_token }) => void (token = access_token),
      redirectToAuthorization: (url) => void (sentTo = url),
      saveCodeVerifier: (value) => void (verifier = value),
      codeVerifier: () => verifier,
      saveDiscoveryState: (state) => void (discovered = state),
      discoveryState: () => discovered,
    },
  });
  const client = new Client({ name: "official", version: "1" }, { versionNegotiation: { mode: "auto" } });
  await expect(client.connect(transport)).rejects.toThrow(/nauthorized/);
  const back = await authorizationServer.signIn(sentTo, user);
  await transport.finishAuth(back.searchParams);
  return token;
}

describe.each(["legacy", "modern"] as const)("%s", (era) => {
  test("two people have notes of their own, and each hears of theirs only", async () => {
    await using authorizationServer = await startAuthorizationServer();
    await using server = await startProtectedServer({ authorizationServer, era });
    const door = async (user: string) => ({
      url: server.url,
      token: await signedIn(authorizationServer, server, user),
    });
    await using ada = await openReal(era, await door("ada"));
    await using bob = await openReal(era, await door("bob"));
    await ada.watch(notesUri);
    await bob.watch(notesUri);
    const added = await ada.callTool({ name: "note_add", arguments: { text: "a" } });
    expect(added.content[0].text).toBe("ada has 1");
    expect((await bob.callTool({ name: "note_list", arguments: {} })).content[0].text).toBe(
      '{"user":"bob","notes":[]}',
    );
    expect((await ada.getPrompt({ name: "summary" })).messages[0].content.text).toBe("ada: a");
    expect((await bob.readResource({ uri: notesUri })).contents[0].text).toBe("bob: ");
    await expect.poll(() => ada.updated).toEqual([notesUri]);
    expect(bob.updated).toEqual([]);
    expect([server.strangers, server.notesOf("ada"), server.notesOf("bob")]).toEqual([[], ["a"], []]);
  });

  test("a good token goes no further than its scopes, its audience and its life", async () => {
    await using authorizationServer = await startAuthorizationServer();
    await using server = await startProtectedServer({
      authorizationServer,
      era,
      firstScope: "read",
      needs: { note_add: "write" },
    });
    const token = await signedIn(authorizationServer, server, "ada");
    await using ada = await openReal(era, { url: server.url, token });
    expect((await ada.callTool({ name: "whoami", arguments: {} })).content[0].text).toBe("ada");
    const add = () => ada.callTool({ name: "note_add", arguments: { text: "a" } });
    await expect(add()).rejects.toThrow(/403|scope/);
    expect(server.refusals.at(-1)).toEqual({ status: 403, user: "ada" });
    await using another = await startProtectedServer({ authorizationServer, era });
    await expect(openReal(era, { url: another.url, token })).rejects.toThrow(/401|nauthorized/);
    authorizationServer.forgetAccessTokens();
    await expect(add()).rejects.toThrow(/401|nauthorized/);
    expect(server.refusals.at(-1)).toEqual({ status: 401, user: undefined });
  });
});
