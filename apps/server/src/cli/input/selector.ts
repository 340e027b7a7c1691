/** What a rule looks at, as one word on the command line: `group=Leads`, `ip=10.0.0.0/8`, `everyone`. */
import type { NewPolicy } from "@castellan/client";
import { cliFaults } from "../faults.ts";

export type Selector = NewPolicy["include"][number];
type Member = keyof Selector & string;

/** Those whose value is a text, by the word for them. */
const texts = {
  email: "email",
  "email-domain": "emailDomain",
  group: "group",
  "login-method": "loginMethod",
  "authentication-method": "authenticationMethod",
  "service-token": "serviceToken",
  client: "client",
  ip: "ip",
  country: "country",
  posture: "posture",
  expression: "expression",
} as const satisfies Record<string, Member>;

const textWords = Object.keys(texts) as readonly (keyof typeof texts)[];

/** Whether a value makes sense the server says. Fault: `usage_invalid`. */
export function parseSelector(text: string, option: string): Selector {
  const at = text.indexOf("=");
  const [word, value] = at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
  if (value === undefined && word === "everyone") return { everyone: true };
  if (value === undefined && word === "public") return { public: true };
  if (value === undefined && word === "certificate") return { certificate: "valid" };
  if (!value) throw unknown(text, option);
  if (word === "certificate") return { certificate: { commonName: value } };
  if (word === "claim") return { claim: parseClaim(value, option) };
  if (word === "time") return { time: parseTime(value, option) };
  const known = textWords.find((one) => one === word);
  if (known === undefined) throw unknown(text, option);
  return { [texts[known]]: value };
}

/** As `parseSelector` reads it. */
export function selectorText(selector: Selector): string {
  const { claim, certificate, time } = selector;
  if (claim !== undefined) return `claim=${claim.provider}:${claim.name}=${claim.equals}`;
  if (certificate !== undefined)
    return certificate === "valid" ? "certificate" : `certificate=${certificate.commonName}`;
  if (time !== undefined)
    return `time=${[time.days?.join(","), `${time.from}-${time.to}`, time.zone].filter(Boolean).join(" ")}`;
  for (const word of textWords) {
    const value = selector[texts[word]];
    if (value !== undefined) return `${word}=${value}`;
  }
  return selector.public ? "public" : "everyone";
}

/** `entra:department=R&D` */
function parseClaim(text: string, option: string): NonNullable<Selector["claim"]> {
  const [, provider, name, equals] = /^([^:=]+):([^=]+)=(.+)$/s.exec(text) ?? [];
  if (provider !== undefined && name !== undefined && equals !== undefined) return { provider, name, equals };
  throw cliFaults.fault("usage_invalid", `${option} claim=… must look like claim=PROVIDER:NAME=VALUE`);
}

const days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;

/** `mon-fri,sun 08:00-18:00 Europe/Berlin`; without days, every day. */
function parseTime(text: string, option: string): NonNullable<Selector["time"]> {
  const [, said, from, to, zone] = /^(?:([a-z,-]+) )?([\d:]+)-([\d:]+) (\S+)$/.exec(text) ?? [];
  if (from === undefined || to === undefined || zone === undefined) throw badTime(option);
  return { ...(said !== undefined && { days: parseDays(said, option) }), from, to, zone };
}

function parseDays(text: string, option: string): (typeof days)[number][] {
  const named = text.split(",").flatMap((part) => {
    const [first = "", last = first] = part.split("-");
    const [from, to] = [days.findIndex((day) => day === first), days.findIndex((day) => day === last)];
    if (from === -1 || to === -1) throw badTime(option);
    // `sat-mon` goes over the end of the week.
    const count = ((to - from + days.length) % days.length) + 1;
    return Array.from({ length: count }, (_, at) => days[(from + at) % days.length] as (typeof days)[number]);
  });
  const all = new Set(named);
  return days.filter((day) => all.has(day));
}

function badTime(option: string): Error {
  return cliFaults.fault(
    "usage_invalid",
    `${option} time=… must look like "time=mon-fri 08:00-18:00 Europe/Berlin"`,
  );
}

function unknown(text: string, option: string): Error {
  const words = ["everyone", "public", "certificate[=NAME]", "claim", "time", ...textWords].join(", ");
  return cliFaults.fault(
    "usage_invalid",
    `${option} must look like KIND=VALUE, with one of ${words}; not ${JSON.stringify(text)}`,
  );
}
