import type { Principal } from "@castellan/access";
import { callerOf, createOffering } from "@castellan/calls";
import { plainConnection } from "@castellan/calls/testing";
import { compilePolicies } from "@castellan/policy";
import { expect, test } from "vitest";
import type { WholeOpenPortal } from "../portals/open-portal.ts";
import { exampleDefinition, examplePortal, exampleServer } from "../portal-tools/testing.ts";
import type { Portal } from "../portals/portal.ts";
import { connect, seenBy } from "./connection.ts";

const servers = ["a", "b", "c"].map((slug) =>
  exampleServer(slug, { definitions: [exampleDefinition(slug, { name: "t" })] }),
);

function openOver(held: typeof servers, more: Partial<Portal> = {}): WholeOpenPortal {
  const offering = createOffering({ servers: held, naming: "plain" });
  return {
    portal: examplePortal(held, more),
    offering,
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

function connectBy(query: string, by: Principal = principal, to = open) {
  const connection = connect(to, { principal: by, judge, choices: undefined }, options(query), 0);
  if (!connection) throw new Error("unknown");
  return connection;
}

test.each([
  ["", "full", undefined],
  ["Codemode=x&Servers=zzz&OPTIMIZE_CONTEXT=1", "full", undefined],
  ["optimize_context=minimize_tools", "minimize_tools", undefined],
  ["optimize_context=search_and_execute&servers=c", "search_and_execute", ["c"]],
  ["codemode=search_and_execute", "code", undefined],
  ["codemode=search_and_execute&servers=c", "code", ["c"]],
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
  ["codemode=", "codemode", 'codemode must be "search_and_execute"'],
  ["codemode=code", "codemode", 'codemode must be "search_and_execute"'],
  ["codemode=search_and_execute&codemode=search_and_execute", "codemode", "codemode is given more than once"],
  [
    "codemode=search_and_execute&optimize_context=minimize_tools",
    "optimize_context",
    "optimize_context cannot be given with codemode",
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
  const names = (portal: Pick<WholeOpenPortal, "scope">) =>
    portal
      .scope("modern")
      .entries("tool")
      .map(({ publicName }) => publicName);
  expect(names(open)).toEqual(["t", "b_t", "c_t"]);
  expect(names(seen)).toEqual(["b_t", "c_t"]);
  expect(seen.scope("modern").find("tool", "t")).toBeUndefined();
  const later = seenBy(openOver(servers.slice(0, 2)), { principal, judge, choices: undefined, narrowedTo });
  expect(later && names(later)).toEqual(["b_t"]);
});

test("a portal that forces Code Mode has it for everybody, and says so to whoever wants another listing", () => {
  const forced = openOver(servers, { codeMode: "forced" });
  expect(connectBy("", principal, forced).toolListing).toBe("code");
  expect(connectBy("codemode=search_and_execute", principal, forced).toolListing).toBe("code");
  expect(() => connectBy("optimize_context=minimize_tools", principal, forced)).toThrow(
    expect.objectContaining({
      code: "invalid_input",
      field: "optimize_context",
      message: "optimize_context is of no use: this portal is in Code Mode for everybody",
    }) as Error,
  );
});

test("a portal that forbids Code Mode refuses who asks for it, and nobody else", () => {
  const forbidden = openOver(servers, { codeMode: "forbidden" });
  expect(connectBy("optimize_context=minimize_tools", principal, forbidden).toolListing).toBe(
    "minimize_tools",
  );
  expect(() => connectBy("codemode=search_and_execute", principal, forbidden)).toThrow(
    expect.objectContaining({ code: "codemode_forbidden", status: 400, field: "codemode" }) as Error,
  );
});
