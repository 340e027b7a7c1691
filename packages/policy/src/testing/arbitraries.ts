/** Any rules, callers, connections and uses, from a world so small that they often meet. */
import fc from "fast-check";
import type { Caller, Connection, Use } from "../facts/facts.ts";
import { ruleActions, useClasses, type Attachment, type Rule } from "../rules/rule.ts";
import type { Selector } from "../rules/selector.ts";
import { ruleOf } from "./rule-of.ts";

/** Around which the dates of rules lie. */
export const noonMs = Date.parse("2026-06-15T12:00:00Z");
const hourMs = 3_600_000;

const portals = ["office", "public"];
const servers = ["files", "mail"];
const tools = ["get", "send"];
const groups = ["staff", "leads"];
const evaluators = ["disk", "patch"];

export const anyExpression = fc.constantFrom(
  'caller.kind == "user"',
  '"leads" in caller.groups',
  'caller.claims.team == "red"',
  'connection.country == "DE"',
  'has(connection.certificate) && connection.certificate.commonName == "laptop"',
  'call.class == "read"',
  "call.arguments.amount > 10",
  'call.arguments.amount > 10 || call.tool == "get"',
  'now < timestamp("2026-06-15T12:00:00Z")',
);

export const anySelector: fc.Arbitrary<Selector> = fc.oneof(
  fc.constant<Selector>({ everyone: true }),
  fc.constantFrom("ann@example.com", "bob@example.org").map((email): Selector => ({ email })),
  fc.constantFrom("example.com", "example.org").map((emailDomain): Selector => ({ emailDomain })),
  fc.constantFrom(...groups).map((group): Selector => ({ group })),
  fc
    .constantFrom("red", "blue")
    .map((equals): Selector => ({ claim: { provider: "corp", name: "team", equals } })),
  fc.constantFrom("local", "corp").map((loginMethod): Selector => ({ loginMethod })),
  fc.constantFrom("mfa", "pwd").map((authenticationMethod): Selector => ({ authenticationMethod })),
  fc.constantFrom("any", "tok_1").map((serviceToken): Selector => ({ serviceToken })),
  fc.constantFrom("cli_1", "cli_2").map((client): Selector => ({ client })),
  fc.constant<Selector>({ public: true }),
  fc.constantFrom("10.0.0.0/8", "10.1.2.3", "2001:db8::/32").map((ip): Selector => ({ ip })),
  fc.constantFrom("DE", "FR", "ZZ").map((country): Selector => ({ country })),
  fc.constantFrom<Selector>({ certificate: "valid" }, { certificate: { commonName: "laptop" } }),
  fc.constantFrom(...evaluators).map((posture): Selector => ({ posture })),
  fc
    .constantFrom({ from: "13:00", to: "15:00" }, { from: "22:00", to: "06:00" })
    .map((hours): Selector => ({ time: { ...hours, zone: "Europe/Berlin" } })),
  anyExpression.map((expression): Selector => ({ expression })),
);

const anyAttachment: fc.Arbitrary<Attachment> = fc.oneof(
  fc.record(
    {
      portals: fc.subarray(portals, { minLength: 1 }),
      servers: fc.subarray(servers, { minLength: 1 }),
      classes: fc.subarray([...useClasses], { minLength: 1 }),
    },
    { requiredKeys: [] },
  ),
  fc.record({
    servers: fc.constantFrom(...servers).map((server) => [server]),
    tools: fc.subarray(tools, { minLength: 1 }),
  }),
);

const anyDate = fc.option(
  fc.constantFrom(-2, -1, 0, 1, 2).map((hours) => new Date(noonMs + hours * hourMs)),
  {
    nil: undefined,
    freq: 3,
  },
);

export function anyRule(name: string): fc.Arbitrary<Rule> {
  return fc
    .record({
      action: fc.constantFrom(...ruleActions),
      at: anyAttachment,
      include: fc.array(anySelector, { minLength: 1, maxLength: 3 }),
      require: fc.array(anySelector, { maxLength: 2 }),
      exclude: fc.array(anySelector, { maxLength: 2 }),
      wants: fc.constantFrom("nothing", "nothing", "stepUp", "purpose"),
      startsAt: anyDate,
      endsAt: anyDate,
      isEnabled: fc.constantFrom(true, true, true, false),
    })
    .map(({ wants, ...fields }) =>
      ruleOf({
        name,
        ...fields,
        stepUp: wants === "stepUp" && fields.action !== "block" ? { withinSeconds: 300 } : undefined,
        purpose: wants === "purpose" && fields.action !== "block" ? { holdsSeconds: 0 } : undefined,
      }),
    );
}

export const anyRules: fc.Arbitrary<Rule[]> = fc
  .integer({ min: 0, max: 8 })
  .chain((count) => fc.tuple(...Array.from({ length: count }, (_, index) => anyRule(`rule-${index}`))));

export const anyCaller: fc.Arbitrary<Caller> = fc
  .record({
    kind: fc.constantFrom<Caller["kind"]>("user", "user", "service", "public"),
    email: fc.constantFrom("ann@example.com", "bob@example.org"),
    groups: fc.subarray(groups),
    provider: fc.constantFrom("local", "corp"),
    amr: fc.subarray(["mfa", "pwd"]),
    claims: fc.constantFrom({}, { team: "red" }, { team: ["blue", "red"] }),
    clientId: fc.constantFrom("cli_1", "cli_2", undefined),
  })
  .map(({ kind, email, groups: of, provider, amr, claims, clientId }) => {
    const id = { user: "usr_1", service: "tok_1", public: "public" }[kind];
    const person = kind === "user" ? { email, groups: of, provider, amr, claims } : nobody;
    return { kind, id, name: id, provedAtMs: undefined, clientId, ...person };
  });

const nobody = { email: undefined, groups: [], provider: undefined, amr: [], claims: {} };

export const anyPostures: fc.Arbitrary<Record<string, boolean>> = fc.dictionary(
  fc.constantFrom(...evaluators),
  fc.boolean(),
);

export const anyConnection: fc.Arbitrary<Connection> = fc.record({
  address: fc.constantFrom("10.1.2.3", "10.9.9.9", "192.0.2.1", "2001:db8::1", "::ffff:10.1.2.3", ""),
  country: fc.constantFrom("DE", "FR", "ZZ"),
  certificate: fc.constantFrom(
    undefined,
    { commonName: "laptop", fingerprint: "aa" },
    { commonName: undefined, fingerprint: "bb" },
  ),
  postures: anyPostures,
});

export const anyUse: fc.Arbitrary<Use> = fc.record({
  portal: fc.constantFrom(...portals),
  server: fc.constantFrom(...servers),
  class: fc.constantFrom(...useClasses),
  tool: fc.constantFrom(...tools, undefined),
  method: fc.constant("tools/call"),
  arguments: fc.constantFrom(undefined, {}, { amount: 5 }, { amount: 50 }, { amount: "much" }),
  nowMs: fc.integer({ min: -30, max: 30 }).map((tenths) => noonMs + (tenths * hourMs) / 10),
});
