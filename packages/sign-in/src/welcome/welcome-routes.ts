/** `/welcome/{secret}`: a person says how they will sign in, and is signed in. */
import { createPeople, createSignInSessions, type People, type User } from "@castellan/access";
import { withinTransaction } from "@castellan/database";
import { invalidInput, isFault, isPrintable, type Id } from "@castellan/kernel";
import { html, requestHeader, type Html } from "@castellan/web";
import type { Context, Hono } from "hono";
import { signInFaults } from "../faults.ts";
import { hasProofs, replaceProofs, type NewProof } from "../local/proofs.ts";
import {
  offerTotp,
  openOffer,
  parseSetUp,
  passwordSetUpForm,
  type TotpOffer,
} from "../pages/password-set-up.ts";
import { browserName } from "../pages/browser-name.ts";
import type { Parts } from "../parts.ts";
import { findInvitation, useInvitation, welcomePath, type Invitation } from "./invitations.ts";
import { firstOwnerView, proofsView, type Wrong } from "./welcome-view.ts";

/** Whom a link is for. */
interface Guest {
  readonly invitation: Invitation;
  readonly path: string;
  /** Undefined: whoever becomes the first owner. */
  readonly user: User | undefined;
}

interface Who {
  readonly email: string;
  readonly name: string;
}

export function addWelcomeRoutes(app: Hono, parts: Parts): void {
  const { browsers, clock, database, forms, passkeys, people, vault } = parts;

  app.get("/welcome/:secret", async (c) => {
    const guest = await guestOf(c);
    return guest.user ? showProofs(c, guest, guest.user, {}) : showWho(c, guest, { email: "", name: "" });
  });

  app.post("/welcome/:secret/who", async (c) => {
    const guest = await guestOf(c);
    const who = whoOf(await forms.read(c, purposeOf(guest), guest.path));
    const wrong = wrongIn(who);
    return wrong ? showWho(c, guest, who, wrong) : showProofs(c, guest, who, {});
  });

  app.post("/welcome/:secret/passkey", async (c) => {
    const guest = await guestOf(c);
    const sent = await forms.read(c, purposeOf(guest), guest.path);
    const who = guest.user ?? whoOf(sent);
    const wrong = guest.user ? undefined : wrongIn(who);
    if (wrong) return showWho(c, guest, who, wrong);
    try {
      const holder = { id: accountOf(guest), email: who.email, name: who.name };
      const credential = await passkeys.verifyCreation(
        sent.get("credential") ?? "",
        holder,
        ceremonyOf(c, guest),
      );
      const name = browserName(requestHeader(c, "user-agent") ?? "");
      const proof: NewProof = { kind: "passkey", credential, name, nowMs: clock.now() };
      const amr = [credential.isSynced ? "swk" : "hwk", "user", "mfa"];
      return await welcome(c, guest, { who, proof, amr });
    } catch (error) {
      return showProofs(c, guest, who, { wrong: toWrong(error), form: "passkey" });
    }
  });

  app.post("/welcome/:secret/password", async (c) => {
    const guest = await guestOf(c);
    const sent = await forms.read(c, purposeOf(guest), guest.path);
    const who = guest.user ?? whoOf(sent);
    const wrong = guest.user ? undefined : wrongIn(who);
    if (wrong) return showWho(c, guest, who, wrong);
    let offer: TotpOffer | undefined;
    try {
      offer = openOffer(vault, accountOf(guest), sent.get("totp") ?? "");
      const password = await parseSetUp(sent, { holder: who, offer }, parts);
      const proof: NewProof = { kind: "password", ...password };
      return await welcome(c, guest, { who, proof, amr: ["pwd", "otp", "mfa"] });
    } catch (error) {
      return showProofs(c, guest, who, { wrong: toWrong(error), form: "password", ...(offer && { offer }) });
    }
  });

  /** Fault: `welcome_link_dead`. */
  async function guestOf(c: Context): Promise<Guest> {
    const secret = c.req.param("secret") ?? "";
    const invitation = await findInvitation(database, secret, clock.now());
    const user = invitation.userId && (await people.get(invitation.userId));
    return { invitation, path: welcomePath(secret), user: user && assertActive(user) };
  }

  /** Uses up the link, keeps the proof in the place of all others, and signs in with it. */
  async function welcome(
    c: Context,
    { invitation }: Guest,
    { who, proof, amr }: { who: Who; proof: NewProof; amr: string[] },
  ): Promise<Response> {
    const user = await database.transaction(async (tx) => {
      await useInvitation(tx, invitation, clock.now());
      const on = withinTransaction(tx, database);
      const user = await personOf(createPeople({ database: on, clock }), invitation.userId, who);
      await replaceProofs(tx, vault, user.id, proof);
      // Whoever is signed in with what was replaced may be who it was lost to.
      await createSignInSessions({ database: on, clock }).endOthers(user.id, undefined);
      return user;
    });
    return browsers.finish(c, { user, provider: "local", amr, returnTo: "/account" });
  }

  function showWho(c: Context, guest: Guest, who: Who, wrong?: Wrong): Response {
    const fields = forms.field(c, purposeOf(guest));
    return firstOwnerView(c, { action: `${guest.path}/who`, fields, ...who, wrong });
  }

  async function showProofs(
    c: Context,
    guest: Guest,
    { email, name }: Who,
    { wrong, form, offer }: { wrong?: Wrong; form?: "passkey" | "password"; offer?: TotpOffer },
  ): Promise<Response> {
    const fields = html`${forms.field(c, purposeOf(guest))}${guest.user === undefined && whoFields({ email, name })}`;
    const holder = { id: accountOf(guest), email, name };
    return proofsView(c, {
      name,
      email,
      passkey: passkeys.isAvailable
        ? {
            action: `${guest.path}/passkey`,
            fields,
            options: await passkeys.creationOptions(holder, ceremonyOf(c, guest)),
            wrong: form === "passkey" ? wrong?.sentence : undefined,
          }
        : undefined,
      password: passwordSetUpForm({
        action: `${guest.path}/password`,
        fields,
        holder,
        host: parts.host,
        offer: offer ?? offerTotp(vault, accountOf(guest)),
        button: "Set the password",
        wrong: form === "password" ? wrong : undefined,
      }),
      isPasswordOpen: form === "password",
      replaces: guest.user !== undefined && (await hasProofs(database, guest.user.id)),
      status: wrong?.status ?? 200,
    });
  }

  function ceremonyOf(c: Context, guest: Guest) {
    return { purpose: purposeOf(guest), browser: forms.browser(c) };
  }
}

function purposeOf({ invitation }: Guest): string {
  return `welcome ${invitation.id}`;
}

/** What stands for the person until they have an id. */
function accountOf({ invitation, user }: Guest): string {
  return user?.id ?? invitation.id;
}

function personOf(people: People, userId: Id<"user"> | undefined, { email, name }: Who): Promise<User> {
  if (userId !== undefined) return people.get(userId).then(assertActive);
  return people.add({ directory: "workforce", role: "owner", email, name }, { by: "owner" });
}

function assertActive(user: User): User {
  if (user.status === "active") return user;
  throw signInFaults.fault(
    "welcome_link_dead",
    "This account is suspended, so its link does not work. Ask an admin.",
  );
}

function whoOf(sent: URLSearchParams): Who {
  return { email: sent.get("email")?.trim() ?? "", name: sent.get("name")?.trim() ?? "" };
}

function whoFields({ email, name }: Who): Html {
  return html`<input type="hidden" name="email" value="${email}" /><input
      type="hidden"
      name="name"
      value="${name}"
    />`;
}

/** What is not enough to go on with: the store has the last word. */
function wrongIn({ email, name }: Who): Wrong | undefined {
  if (!/^[^\s@]+@[^\s@]+$/.test(email) || email.length > 254 || !isPrintable(email))
    return toWrong(invalidInput([{ field: "email", reason: "must be an e-mail address" }]));
  if (name === "" || name.length > 128 || !isPrintable(name))
    return toWrong(invalidInput([{ field: "name", reason: "must be 1 to 128 printable characters" }]));
  return undefined;
}

/** What stands beside the form; a dead link has a page of its own. */
function toWrong(error: unknown): Wrong {
  if (!isFault(error) || error.status >= 500 || error.code === "welcome_link_dead") throw error;
  return { status: error.status, field: error.field, sentence: error.message };
}
