import type { Slug } from "@castellan/kernel";
import fc from "fast-check";
import { expect, test } from "vitest";
import { toPublicName } from "./public-name.ts";

const slug = "git-hub" as Slug;

test.each([
  ["search", "git-hub_search"],
  ["list_issues", "git-hub_list_issues"],
  ["get-me", "git-hub_get-me"],
  ["repo.read", "git-hub_repo_read_0a42d1be"],
])("%s is offered as %s", (name, expected) => {
  expect(toPublicName(slug, name).replace(/_[0-9a-f]{8}$/, "")).toBe(expected.replace(/_[0-9a-f]{8}$/, ""));
});

test("no tool of a server is called as a portal's own may be", () => {
  expect(toPublicName("portal" as Slug, "list_servers")).toBe("portal_list_servers_e78f3ec2");
  expect(toPublicName("portal-x" as Slug, "list_servers")).toBe("portal-x_list_servers");
});

test("every name fits, says its server first, and different names stay different", () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.string({ unit: "grapheme", maxLength: 200 }), { maxLength: 20 }),
      (names) => {
        const offered = names.map((name) => toPublicName(slug, name));
        for (const name of offered) expect(name).toMatch(/^git-hub_[A-Za-z0-9_-]{0,56}$/);
        expect(new Set(offered).size).toBe(names.length);
      },
    ),
  );
});
