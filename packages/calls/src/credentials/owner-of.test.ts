import type { Principal } from "@castellan/access";
import { createId } from "@castellan/kernel";
import { expect, test } from "vitest";
import { ownerOf } from "./owner-of.ts";

const user: Principal = {
  kind: "user",
  id: createId("user"),
  name: "Ada",
  email: "ada@example.com",
  role: "member",
  directory: "workforce",
  groups: ["leads"],
  grantId: undefined,
  clientId: "cli_1",
  provider: undefined,
  amr: [],
  provedAtMs: undefined,
  claims: {},
  scopes: undefined,
} as Principal;

test("a person, a program and the public, each as what they are", () => {
  const { id } = user;
  expect(ownerOf(user, "main")).toEqual({
    kind: "person",
    id,
    name: "Ada",
    email: "ada@example.com",
    groups: ["leads"],
    client: "cli_1",
    portal: "main",
  });
  const service: Principal = { kind: "service", id: "tok_1", name: "ci", role: "member", scopes: [] };
  expect(ownerOf(service, "main")).toEqual({ kind: "program", id: "tok_1", name: "ci", portal: "main" });
  const anybody: Principal = {
    kind: "public",
    id: "public:192.0.2.1",
    name: "public",
    role: "member",
    scopes: undefined,
  };
  expect(ownerOf(anybody, "main")).toEqual({ kind: "public", portal: "main" });
});

test("it is the same one for the same principal at the same portal, and another for who they are by now", () => {
  expect(ownerOf(user, "main")).toBe(ownerOf(user, "main"));
  expect(ownerOf(user, "main")).not.toBe(ownerOf(user, "other"));
  expect(ownerOf({ ...user, groups: [] } as Principal, "main")).toMatchObject({ groups: [] });
});
