import { assertSound } from "../soundness/sound.ts";
import { selectorProblem } from "../selectors/selectors.ts";
import { wholeRule } from "../rules/rule-schema.ts";
import { z } from "zod";
const now = new Date("2026-08-01T12:00:00Z");
const world: any = {
  portals: async (_: any, slugs: string[]) => [
      { slug: "main", directory: "workforce", servers: ["crm", "wiki"], classes: ["read", "write", "destructive"], isPublic: false },
      { slug: "ro", directory: "workforce", servers: ["crm"], classes: ["read"], isPublic: false },
      { slug: "shop", directory: "customers", servers: ["orders"], classes: ["read"], isPublic: true },
    ].filter(({ slug }) => slugs.includes(slug)),
  servers: async (_: any, slugs: string[]) => ["crm", "orders", "wiki", "lonely"].filter((slug) => slugs.includes(slug)),
  tools: async (_: any, server: string) => server === "crm" ? [{ name: "find", class: "read" }, { name: "wipe", class: "destructive" }] : undefined,
  groups: async (_: any, names: string[]) => [
        { name: "Leads", directory: "workforce", members: 2 },
        { name: "Empty", directory: "workforce", members: 0 },
        { name: "Buyers", directory: "customers", members: 9 } ].filter(({ name }) => names.includes(name)),
  loginMethods: async (_: any, slugs: string[]) => [
        { slug: "corp", directory: "workforce", keptClaims: ["department"] },
        { slug: "social", directory: "customers", keptClaims: [] } ].filter(({ slug }) => slugs.includes(slug)),
  serviceTokens: async () => [],
  clients: async (_: any, ids: string[]) => ids,
  people: async (_: any, emails: string[]) => [
        { email: "ann@example.com", directory: "workforce" }, { email: "cus@example.net", directory: "customers" } ].filter(({ email }) => emails.includes(email)),
  knowsCountries: true, checksCertificates: true,
};
const tx: any = { query: async () => [] };
const schema = z.strictObject(wholeRule);
async function t(label: string, rule: any) {
  const parsed = schema.safeParse({ action: "allow", include: [{ everyone: true }], ...rule });
  if (!parsed.success) return console.log("SCHEMA ", label, "|", parsed.error.issues[0]?.path.join("."), parsed.error.issues[0]?.message);
  try {
    const w = await assertSound(tx, { stepUp: undefined, purpose: undefined, approval: undefined, startsAt: undefined, endsAt: undefined, ...parsed.data } as any, { world, now });
    console.log(w.length ? "WARN   " : "SILENT ", label, "|", w.join(" ; "));
  } catch (e: any) { console.log("REFUSED", label, "|", e.message); }
}
const B = { action: "block" };
const W = (from: string, to: string, days?: string[], zone = "Europe/Berlin") => ({ time: { from, to, zone, ...(days && { days }) } });
await t("expr false", { ...B, include: [{ expression: "false" }] });
await t("expr 1==2", { ...B, include: [{ expression: "1 == 2" }] });
await t("expr true in exclude", { exclude: [{ expression: "true" }] });
await t("times disjoint require", { require: [W("09:00", "10:00", ["mon"]), W("09:00", "10:00", ["tue"])] });
await t("times disjoint same day", { require: [W("09:00", "10:00"), W("11:00", "12:00")] });
await t("time include excluded", { ...B, include: [W("09:00", "17:00")], exclude: [W("08:00", "18:00")] });
await t("time always excluded", { exclude: [W("00:00", "24:00")] });
await t("include time vs require time", { include: [W("09:00", "10:00")], require: [W("11:00", "12:00")] });
await t("ip all excluded", { exclude: [{ ip: "0.0.0.0/0" }, { ip: "::/0" }] });
await t("callers all excluded", { exclude: [{ serviceToken: "any" }, { public: true }, { expression: "caller.kind == 'user'" }] });
await t("country XX", { ...B, include: [{ country: "XX" }] });
await t("country UK", { ...B, include: [{ country: "UK" }] });
await t("country EU", { ...B, include: [{ country: "EU" }] });
await t("emailDomain *.example.com", { ...B, include: [{ emailDomain: "*.example.com" }] });
await t("emailDomain .example.com", { ...B, include: [{ emailDomain: ".example.com" }] });
await t("emailDomain example.com.", { ...B, include: [{ emailDomain: "example.com." }] });
await t("emailDomain exa,mple", { ...B, include: [{ emailDomain: "example.com,foo.com" }] });
await t("emailDomain empty tld", { ...B, include: [{ emailDomain: "com" }] });
await t("email *@", { ...B, include: [{ email: "*@example.com" }] });
await t("email a@b@c", { ...B, include: [{ email: "a@@b" }] });
await t("client+public", { ...B, require: [{ client: "https://x.example/c.json" }, { public: true }] });
await t("client with token id", { ...B, require: [{ client: "https://x.example/c.json" }, { serviceToken: "any" }] });
await t("local at customers portal", { ...B, at: { portals: ["shop"] }, include: [{ loginMethod: "local" }] });
await t("server in no portal", { ...B, at: { servers: ["lonely"] } });
await t("public at private portal", { ...B, at: { portals: ["main"] }, include: [{ public: true }] });
await t("serviceToken ok", { ...B, include: [{ serviceToken: "any" }] });
await t("step-up methods nonsense", { stepUp: { withinSeconds: 60, methods: ["nonsense"] } });
await t("amr nonsense", { ...B, include: [{ authenticationMethod: "MFA" }] });
await t("stepUp at public portal expression programs", { stepUp: { withinSeconds: 60 }, include: [{ serviceToken: "any" }, { public: true }] });
await t("expr claims unknown", { ...B, include: [{ expression: "caller.claims.nope == 'x'" }] });
await t("expr group", { ...B, include: [{ expression: "'Nope' in caller.groups" }] });
await t("expr call.tool", { ...B, include: [{ expression: "call.tool == 'nope'" }] });
await t("expr kind", { ...B, include: [{ expression: "caller.kind == 'person'" }] });
await t("expr matches", { ...B, include: [{ expression: "caller.email.matches('(a+)+$')" }] });
await t("allow everyone no demands", {});
await t("cert CN empty", { ...B, include: [{ certificate: { commonName: " " } }] });
await t("ip mapped", { ...B, include: [{ ip: "::ffff:10.0.0.0/104" }] });
await t("ip mapped single", { ...B, include: [{ ip: "::ffff:10.0.0.1" }] });
await t("ip hostbits", { ...B, include: [{ ip: "10.0.0.1/8" }] });
await t("ip zone", { ...B, include: [{ ip: "fe80::1%eth0" }] });
await t("country ZZ + public ip", { ...B, require: [{ country: "ZZ" }, { country: "DE" }] });
await t("posture missing", { ...B, include: [{ posture: "nope" }] });
await t("claim not kept", { ...B, include: [{ claim: { provider: "corp", name: "x", equals: "y" } }] });
await t("claim at other dir", { ...B, at: { portals: ["shop"] }, include: [{ claim: { provider: "corp", name: "department", equals: "y" } }] });
await t("emailDomain at?", { ...B, include: [{ emailDomain: "example.com" }], require: [{ email: "ann@example.org" }] });
await t("group elsewhere", { ...B, at: { portals: ["shop"] }, include: [{ group: "Leads" }] });
await t("group empty", { ...B, include: [{ group: "Empty" }] });
await t("groups of two directories required", { ...B, require: [{ group: "Leads" }, { group: "Buyers" }] });
await t("login + claim", { ...B, require: [{ loginMethod: "social" }, { claim: { provider: "corp", name: "department", equals: "y" } }] });
await t("group workforce + login customers", { ...B, require: [{ group: "Leads" }, { loginMethod: "social" }] });
await t("email customer + group workforce", { ...B, require: [{ email: "cus@example.net" }, { group: "Leads" }] });
await t("ro portal write", { ...B, at: { portals: ["ro"], classes: ["write"] } });
await t("ro portal tool destructive", { ...B, at: { portals: ["ro"], servers: ["crm"], tools: ["wipe"] } });
await t("portals x servers partially", { ...B, at: { portals: ["main", "shop"], servers: ["crm"] } });
await t("dates past", { ...B, endsAt: "2020-01-01T00:00:00Z" });
await t("dates reversed", { ...B, startsAt: "2027-01-01T00:00:00Z", endsAt: "2026-12-01T00:00:00Z" });
await t("date window without time", { ...B, startsAt: "2026-08-03T00:00:00Z", endsAt: "2026-08-03T12:00:00Z", require: [W("09:00", "17:00", ["sun"])] });
await t("approval on allow", { approval: { deciders: { self: true } } });
await t("approval nobody", { action: "require_approval", approval: { deciders: {} } });
await t("approval empty group", { action: "require_approval", approval: { deciders: { groups: ["Empty"] } } });
await t("approval customers group", { action: "require_approval", approval: { deciders: { groups: ["Buyers"] } } });
await t("approval only decider = required asker", { action: "require_approval", require: [{ email: "ann@example.com" }], approval: { deciders: { people: ["ann@example.com"] } } });
await t("approval self for customers", { action: "require_approval", at: { portals: ["shop"] }, approval: { deciders: { self: true } } });
await t("purpose customers", { at: { portals: ["shop"] }, purpose: {} });
await t("stepUp for public portal require public", { stepUp: { withinSeconds: 60 }, require: [{ public: true }] });
await t("remind late", { action: "require_approval", approval: { deciders: { groups: ["Leads"] }, expiresSeconds: 60, remindSeconds: 60 } });
await t("zone bad", { ...B, include: [W("09:00", "10:00", undefined, "Mars/Base")] });
await t("zone offset", { ...B, include: [W("09:00", "10:00", undefined, "+02:00")] });
await t("zone lowercase", { ...B, include: [W("09:00", "10:00", undefined, "europe/berlin")] });
await t("window none", { ...B, include: [W("09:00", "09:00")] });
await t("window 25", { ...B, include: [W("25:00", "09:00")] });
await t("proto selector", { ...B, include: [JSON.parse('{"__proto__": {"x":1}}')] });
await t("two members", { ...B, include: [{ email: "a@b.c", public: true }] });
await t("expr on time unsupported", { ...B, include: [{ expression: "now.getHours('Europe/Berlin') > 3" }] });
await t("expr not bool", { ...B, include: [{ expression: "1" }] });
await t("expr dyn", { ...B, include: [{ expression: "call.arguments.x" }] });
await t("expr dyn(1)", { ...B, include: [{ expression: "dyn('x')" }] });
await t("expr unknown name", { ...B, include: [{ expression: "user.email == 'x'" }] });
await t("expr unknown member", { ...B, include: [{ expression: "caller.mail == 'x'" }] });
await t("expr arguments typo", { ...B, include: [{ expression: "call.argument.x == 'x'" }] });
await t("expr at portal level on args", { ...B, at: { portals: ["main"] }, include: [{ expression: "call.arguments.x == 'x'" }] });
await t("at.classes all", { ...B, at: { classes: ["read", "write", "destructive"] } });
await t("tools without server", { ...B, at: { tools: ["wipe"] } });
await t("tool unknown", { ...B, at: { servers: ["crm"], tools: ["nope"] } });
await t("tool class", { ...B, at: { servers: ["crm"], tools: ["find"], classes: ["write"] } });
await t("tool unread server", { ...B, at: { servers: ["wiki"], tools: ["x"] } });
