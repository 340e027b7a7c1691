/** The configuration files in the pages that leave nothing out (`…`) can be read, applied, and applied again. */
import { createTestApi } from "@castellan/api/testing";
import { parseConfiguration, secretRefs } from "@castellan/configuration";
import { expect, test } from "vitest";
import { readPages } from "../../docs/generate/pages.ts";

const files = (await readPages())
  .flatMap(({ path, text }) =>
    [...text.matchAll(/^```yaml\n(apiVersion:[^]*?)^```/gm)].map(([, file = ""]) => ({ path, file })),
  )
  .filter(({ file }) => !file.includes("…"));

test("there is a whole file", () => {
  expect(files.map(({ path }) => path)).toContain("docs/configuration-as-code.md");
});

test.each(files)("$path: a whole file is applied once", async ({ path, file }) => {
  await using api = await createTestApi();
  const token = await api.createToken({ role: "owner" });
  const { document, input } = parseConfiguration(file, path);
  const secrets = Object.fromEntries(secretRefs(document).map((reference) => [reference, "secret"]));
  const apply = async () => {
    const answer = await api.app.request("http://localhost/api/v1/config/apply", {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify({ document: input, secrets }),
    });
    return (await answer.json()) as { changes: { kind: string; slug: string; action: string }[] };
  };
  const created = (kind: string, all: object) =>
    Object.keys(all).map((slug) => expect.objectContaining({ kind, slug, action: "create" }));
  const groups = Object.entries(document.groups).flatMap(([directory, all]) =>
    Object.keys(all).map((name) => [`${directory} ${name}`, name]),
  );
  expect((await apply()).changes).toEqual([
    ...created("group", Object.fromEntries(groups) as object),
    ...created("provider", document.providers),
    ...created("trusted_issuer", document.trustedIssuers),
    ...created("client", document.clients),
    ...created("server", document.servers),
    ...created("portal", document.portals),
  ]);
  expect((await apply()).changes).toEqual([]);
});
