/**
 * A rule as it is written in JSON and YAML: its shape, its bounds and one spelling for what has several. Whether it can
 * take effect is asked when it is saved (`soundness/`).
 */
import { isPrintable, isSlug, slugRule } from "@castellan/kernel";
import { z } from "zod";
import { ruleActions, useClasses } from "./rule.ts";
import { days, type Selector } from "./selector.ts";

const maxNamed = 500;
const maxSelectors = 1000;
const day = 86_400;

const slug = z.string().refine(isSlug, `must be ${slugRule}`).meta({ description: slugRule });

function line(maxLength: number) {
  return z.string().min(1).max(maxLength).refine(isPrintable, "must hold printable characters only");
}

function eachOnce<Item extends z.ZodType<string>>(item: Item, max = maxNamed) {
  return z
    .array(item)
    .min(1)
    .max(max)
    .refine((all) => new Set(all).size === all.length, "must not name one twice");
}

function seconds(min: number, max: number) {
  return z.int().min(min).max(max);
}

/** ASCII only: Unicode has letters whose small form is an ASCII letter, and one address would become another. */
function toLower(text: string): string {
  return text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());
}

const email = line(254).overwrite(toLower);
const group = line(128);

const selectorMembers = {
  everyone: z
    .literal(true)
    .meta({ description: "Everybody that the portal's access rules or scopes let in" }),
  email: email.meta({ description: "An e-mail address" }),
  emailDomain: line(253).overwrite(toLower).meta({ description: "What follows the `@`, to the letter" }),
  group: group.meta({ description: "The name of a group of the portal's directory" }),
  claim: z
    .strictObject({
      provider: slug,
      name: line(200),
      equals: z.string().max(1000).refine(isPrintable, "must be text"),
    })
    .meta({ description: "What a provider or trusted issuer said of them, as far as its entry keeps it" }),
  loginMethod: slug.meta({
    description: "The provider or trusted issuer that they signed in with, or `local`",
  }),
  authenticationMethod: line(64).meta({ description: "A value of `amr` (RFC 8176): `mfa`, `hwk`, `otp`" }),
  serviceToken: line(128).meta({ description: "The id of a service token, or `any`" }),
  client: line(2048).meta({ description: "The id of the OAuth client that calls" }),
  public: z.literal(true).meta({ description: "Whoever comes without a token" }),
  ip: line(64).meta({ description: "An address, or a CIDR range: `10.0.0.0/8`" }),
  country: z
    .string()
    .regex(/^[A-Za-z]{2}$/, "must be two letters of ISO 3166-1, or ZZ")
    .overwrite((text) => text.toUpperCase())
    .meta({ description: "ISO 3166-1; `ZZ`: not known" }),
  certificate: z
    .union([z.literal("valid"), z.strictObject({ commonName: line(256) })])
    .meta({ description: "A client certificate that was checked: any, or one of this common name" }),
  posture: slug.meta({ description: "The evaluator that must say yes" }),
  time: z
    .strictObject({
      days: eachOnce(z.enum(days)).optional(),
      from: z.string().max(5).meta({ description: "`HH:MM`" }),
      to: z
        .string()
        .max(5)
        .meta({ description: "`HH:MM`, until just before; earlier than `from`: on the next day" }),
      zone: line(64).meta({ description: "`Europe/Berlin`" }),
    })
    .meta({ description: "Hours of days, by the clock of a place" }),
  expression: z.string().min(1).max(4096).meta({
    description: "CEL over `caller`, `connection`, `call` and `now`; a boolean",
  }),
};

/**
 * The parts of a rule, named in documents by what comes before their names: what goes in is strict, and what goes out
 * may have more members one day, so that the two are named apart.
 */
export function rulePartSchemas(prefix: string) {
  return {
    /** As it is written: an object with exactly one of the members. */
    selector: z
      .strictObject(selectorMembers)
      .partial()
      .refine((members) => Object.keys(members).length === 1, "must have exactly one member")
      .meta({ id: `${prefix}Selector`, minProperties: 1, maxProperties: 1 }),
    attachment: z
      .strictObject({
        portals: eachOnce(slug).optional(),
        servers: eachOnce(slug).optional(),
        classes: eachOnce(z.enum(useClasses)).optional(),
        tools: eachOnce(line(512))
          .optional()
          .meta({ description: "By the server's own names; `servers` must name that one server" }),
      })
      .meta({
        id: `${prefix}Attachment`,
        description: "What is absent does not matter; all that is there must fit",
      }),
    stepUp: z
      .strictObject({
        withinSeconds: seconds(30, 30 * day).meta({
          description: "How lately they must have proved who they are",
        }),
        methods: eachOnce(line(64), 20)
          .optional()
          .meta({ description: "Values of `amr` of which one must be there. Absent: any second factor" }),
      })
      .meta({ id: `${prefix}StepUp` }),
    purpose: z
      .strictObject({
        holdsSeconds: seconds(0, 30 * day)
          .default(0)
          .meta({ description: "How long it holds for further calls of the tool; 0: for that call" }),
      })
      .meta({ id: `${prefix}Purpose` }),
    approval: z
      .strictObject({
        deciders: z.strictObject({
          self: z
            .boolean()
            .optional()
            .meta({ description: "Whether whoever asks may decide. Default false: never" }),
          groups: eachOnce(group).optional().meta({ description: "Groups of the company's people" }),
          people: eachOnce(email).optional().meta({ description: "E-mail addresses" }),
        }),
        expiresSeconds: seconds(60, 30 * day)
          .optional()
          .meta({ description: "How long it waits for a decision. Default one day" }),
        remindSeconds: seconds(60, 30 * day)
          .optional()
          .meta({ description: "After how long those who may decide are told once more" }),
        holdsSeconds: seconds(0, 30 * day)
          .optional()
          .meta({
            description: "How long a yes holds for further calls of the tool by the same caller. Default 0",
          }),
      })
      .meta({ id: `${prefix}ApprovalTerms` }),
  };
}

const parts = rulePartSchemas("");

const selectors = z
  .array(parts.selector)
  .max(maxSelectors)
  // It has exactly one member.
  .transform((all) => all as Selector[]);

const date = z.iso.datetime({ offset: true }).transform((text) => new Date(text));

/** Every field of a rule but its name, each as it comes in. */
export const ruleFields = {
  action: z.enum(ruleActions),
  description: z
    .string()
    .max(1000)
    .refine((text) => isPrintable(text.replaceAll("\n", "")), "must be text"),
  at: parts.attachment,
  include: selectors.meta({ description: "One of these must fit" }),
  require: selectors.meta({ description: "All of these must fit" }),
  exclude: selectors.meta({ description: "None of these may fit" }),
  stepUp: parts.stepUp,
  purpose: parts.purpose,
  approval: parts.approval,
  startsAt: date.meta({ description: "It holds from then on" }),
  endsAt: date.meta({ description: "It holds until then" }),
  isEnabled: z.boolean(),
};

/** A whole rule but for its name. */
export const wholeRule = {
  action: ruleFields.action,
  description: ruleFields.description.default(""),
  at: ruleFields.at.default({}),
  include: ruleFields.include,
  require: ruleFields.require.default([]),
  exclude: ruleFields.exclude.default([]),
  stepUp: ruleFields.stepUp.optional(),
  purpose: ruleFields.purpose.optional(),
  approval: ruleFields.approval.optional(),
  startsAt: ruleFields.startsAt.optional(),
  endsAt: ruleFields.endsAt.optional(),
  isEnabled: ruleFields.isEnabled.default(true),
};
