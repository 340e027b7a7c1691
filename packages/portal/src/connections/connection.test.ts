import type { Principal } from "@castellan/access";
import { callerOf, createOffering } from "@castellan/calls";
import { plainConnection } from "@castellan/calls/testing";
import { compilePolicies } from "@castellan/policy";
import { expect, test } from "vitest";
import type { OpenPortal } from "../portals/open-portal.ts";
import { exampleDefinition, examplePortal, exampleServer } from "../portal-tools/testing.ts";
import { connect, seenBy } from "./connection.ts";

const servers = ["a", "b", "c"].map((slug) =>
  exampleServer(slug, { definitions: [exampleDefinition(slug, { name: "t" })] }),
);

function openOver(held: typeof servers): OpenPortal {
  const offering = createOffering({ servers: held, naming: "plain" });
  return {
    portal: examplePortal(held),
    servers: held,
    isNarrowed: false,
    part: "",
    scope: (era) => offering.scope(era),
  };
}

const open = openOver(servers);
const options = (query: string) => {
  const params = new URLSearchParams(query);
  return (name: string) => params.getAll(name);
};

const principal = tokenWith(
  "portal:work",
  "portal:work:read",
  "portal:work:write",
  "portal:work:destructive",
);

function tokenWith(...scopes: string[]): Principal {
  return { kind: "service", id: "tok_1", name: "ci", role: "member", scopes };
}

const judge = compilePolicies([]).judge(callerOf(principal), plainConnection);

function connectBy(query: string, by: Principal = principal) {
  const connection = connect(open, { principal: by, judge }, options(query), 0);
  if (!connection) throw new Error("unknown");
  return connection;
}

test.each([
  ["", "full", undefined],
  ["codemode=x&Servers=zzz&OPTIMIZE_CONTEXT=1", "full", undefined],
  ["optimize_context=minimize_tools", "minimize_tools", undefined],
  ["optimize_context=search_and_execute&servers=c", "search_and_execute", ["c"]],
  ["servers=c,a,c", "full", ["a", "c"]],
  ["servers=b%2Ca", "full", ["a", "b"]],
])("%j", (query, toolListing, narrowedTo) => {
  const connection = connectBy(query);
  expect([connection.toolListing, connection.narrowedTo]).toEqual([toolListing, narrowedTo]);
  expect(connection.open.portal.servers).toEqual(narrowedTo ?? ["a", "b", "c"]);
});

const unknownListing = 'optimize_context must be "minimize_tools" or "search_and_execute"';

test.each([
  ["optimize_context=", "optimize_context", unknownListing],
  ["optimize_context=full", "optimize_context", unknownListing],
  ["optimize_context=Minimize_Tools", "optimize_context", unknownListing],
  [
    "optimize_context=minimize_tools&optimize_context=minimize_tools",
    "optimize_context",
    "optimize_context is given more than once",
  ],
  ["servers=", "servers", 'servers names "", which is no server of this portal'],
  ["servers=a,", "servers", 'servers names "", which is no server of this portal'],
  ["servers=a,%20b", "servers", 'servers names " b", which is no server of this portal'],
  ["servers=A", "servers", 'servers names "A", which is no server of this portal'],
  ["servers=a&servers=b", "servers", "servers is given more than once"],
  ["sign_in=", "sign_in", 'sign_in must be "required"'],
  ["sign_in=required&sign_in=required", "sign_in", "sign_in is given more than once"],
  [
    `servers=${"z".repeat(999)}`,
    "servers",
    `servers names "${"z".repeat(64)}", which is no server of this portal`,
  ],
])("%.60j is refused", (query, field, message) => {
  expect(() => connectBy(query)).toThrow(
    expect.objectContaining({ code: "invalid_input", field, message }) as Error,
  );
});

test("names are those of the whole, and who leaves the portal leaves the connection", () => {
  const { open: seen, narrowedTo } = connectBy("servers=b,c");
  const names = (portal: OpenPortal) =>
    portal
      .scope("modern")
      .entries("tool")
      .map(({ publicName }) => publicName);
  expect(names(open)).toEqual(["t", "b_t", "c_t"]);
  expect(names(seen)).toEqual(["b_t", "c_t"]);
  expect(seen.scope("modern").find("tool", "t")).toBeUndefined();
  const later = seenBy(openOver(servers.slice(0, 2)), { principal, judge, narrowedTo });
  expect(later && names(later)).toEqual(["b_t"]);
});
