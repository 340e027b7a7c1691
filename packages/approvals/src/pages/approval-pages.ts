/**
 * Where people decide, and where who asked does what is theirs to do.
 *
 *     GET  /approvals                   what waits for you, what you asked for
 *     GET  /approvals/{id}              what exactly is asked, why it waits, what you can do
 *     POST /approvals/{id}/decision     yes or no
 *     POST /approvals/{id}/continue     who asked has proved who they are, or says what for
 *     POST /approvals/{id}/withdraw     who asked takes it back
 *
 * Opening a page changes nothing: a link in a mail may be opened by a scanner. A form belongs to the browser, the session
 * and the request that it was made for; whose it is to decide is judged when it is sent (`Approvals.decide`).
 */
import { isFault, isId, type Clock, type Fault, type Id } from "@castellan/kernel";
import { atOwnAddress, errorPage, html, page, type Forms } from "@castellan/web";
import { Hono, type Context } from "hono";
import type { Approvals, Proof, SeenApproval } from "../approvals.ts";
import { approvalFaults, unknownApproval } from "../faults.ts";
import { openNeeds } from "../needs.ts";
import { proofSuffices } from "../proof.ts";
import { approvalView, type ApprovalView } from "./approval-view.ts";
import { listView, olderThan } from "./list-view.ts";
import { approvalPagePath, approvalPath } from "./paths.ts";
import { maxTextLength, toProof } from "./steps-view.ts";
import type { SignInPathOptions, Visitor, Visitors } from "./visitor.ts";

export interface ApprovalPagesOptions {
  readonly approvals: Pick<Approvals, "page" | "seenBy" | "decide" | "meet" | "withdraw">;
  readonly visitors: Visitors;
  readonly forms: Forms;
  readonly clock: Clock;
  readonly publicUrl: string;
  /** Somebody has proved anew who they are, for what they gave a client: its tokens count as proved then. */
  readonly proved: (grantId: string, proof: Proof) => Promise<void>;
}

const listed = 50;

/** To be mounted at `/`; `approvalPagePath` is one of `WebAppSettings.pagePaths`. */
export function createApprovalPages(options: ApprovalPagesOptions): Hono {
  const { approvals, visitors, forms, clock, publicUrl, proved } = options;
  const app = new Hono();
  for (const path of [approvalPagePath, `${approvalPagePath}/*`]) app.use(path, atOwnAddress(publicUrl));

  app.get(approvalPagePath, async (c) => {
    const visitor = await visitors.current(c);
    if (!visitor) return c.redirect(visitors.signInPath(approvalPagePath, directoryIn(c)));
    const { person } = visitor;
    const after = idOf(c.req.query("after"));
    const [waiting, own] = await Promise.all([
      approvals.page({ decidableBy: person, state: "pending", limit: listed + 1 }),
      approvals.page({ askerId: person.id, limit: listed + 1, ...(after && { after }) }),
    ]);
    const last = own.length > listed ? own[listed - 1] : undefined;
    return listView(c, {
      person,
      waiting: waiting.slice(0, listed),
      hasMoreWaiting: waiting.length > listed,
      own: own.slice(0, listed),
      olderPath: last && olderThan(last),
      nowMs: clock.now(),
    });
  });

  app.get(`${approvalPagePath}/:id`, async (c) => {
    const path = approvalPath(getId(c));
    const visitor = await visitors.current(c);
    if (!visitor) return c.redirect(visitors.signInPath(path, directoryIn(c)));
    return show(c, visitor);
  });

  // Whoever has a form's address opened again comes to where the request is by now.
  for (const form of ["decision", "continue", "withdraw"])
    app.get(`${approvalPagePath}/:id/${form}`, (c) => c.redirect(approvalPath(getId(c), directoryIn(c))));

  app.post(`${approvalPagePath}/:id/decision`, (c) =>
    act(c, async ({ person }, id, sent) => {
      const decision = sent.get("decision");
      // What is not said is not decided.
      if (decision !== "yes" && decision !== "no") return;
      await approvals.decide(id, { by: person, yes: decision === "yes", reason: textIn(sent, "reason") });
    }),
  );

  app.post(`${approvalPagePath}/:id/continue`, (c) =>
    act(c, async (visitor, id, sent) => {
      const seen = await approvals.seenBy(visitor.person, id);
      const proof = await provedFor(seen, visitor);
      await approvals.meet(id, { by: visitor.person, proof, purpose: textIn(sent, "purpose") });
    }),
  );

  app.post(`${approvalPagePath}/:id/withdraw`, (c) =>
    act(c, async ({ person }, id) => {
      await approvals.withdraw(id, person.id);
    }),
  );

  return app;

  /**
   * The visitor's proof where the request wants one. What they gave the client is proved first: the call that waits goes
   * on as soon as the request has it.
   */
  async function provedFor(seen: SeenApproval, visitor: Visitor): Promise<Proof | undefined> {
    const { asker, state } = seen;
    const wanted = openNeeds(seen).flatMap(({ need }) => (need.kind === "proof" ? [need] : []));
    if (asker.id !== visitor.person.id || state !== "pending" || wanted.length === 0) return undefined;
    const proof = toProof(visitor);
    const isEnough = wanted.some((need) => proofSuffices(need, proof, clock.now()));
    if (isEnough && asker.grantId !== undefined) await proved(asker.grantId, proof);
    return proof;
  }

  /** Does what a form asks for, once, and shows what became of it. */
  async function act(
    c: Context<object, "/:id">,
    run: (visitor: Visitor, id: Id<"approval">, sent: URLSearchParams) => Promise<void>,
  ): Promise<Response> {
    const id = getId(c);
    const visitor = await visitors.current(c);
    if (!visitor) return signedOut(c, id);
    const sent = await forms.read(c, purposeOf(visitor, id), approvalPath(id));
    try {
      await run(visitor, id, sent);
    } catch (error) {
      if (!isFault(error) || !isToldHere(error.code)) throw error;
      return show(c, visitor, { status: error.status, wrong: toWrong(error), sent });
    }
    return c.redirect(approvalPath(id), 303);
  }

  async function show(
    c: Context<object, "/:id">,
    visitor: Visitor,
    tried: Pick<ApprovalView, "status" | "wrong" | "sent"> = {},
  ): Promise<Response> {
    const id = getId(c);
    const path = approvalPath(id);
    const { directory } = visitor.person;
    const otherPath = visitors.signInPath(path, { ...asDirectory(directory), other: true });
    const seen = await approvals.seenBy(visitor.person, id).catch((error: unknown) => {
      if (isFault(error) && error.code === "approval_not_found") return error;
      throw error;
    });
    if (isFault(seen)) {
      const more = html`<p><a href="${otherPath}">Sign in as somebody else</a></p>`;
      return errorPage(c, seen, { more });
    }
    return approvalView(c, {
      seen,
      visitor,
      nowMs: clock.now(),
      otherPath,
      provePath: visitors.signInPath(path, { ...asDirectory(directory), again: true }),
      formField: forms.field(c, purposeOf(visitor, id)),
      ...tried,
    });
  }

  /**
   * A link and no redirect: the way to a provider is one to another site, and browsers do not follow a form there
   * (`form-action`).
   */
  function signedOut(c: Context, id: Id<"approval">): Response {
    return page(c, {
      title: "You are not signed in",
      status: 401,
      body: html`<h1>You are not signed in any more</h1>
        <p>Nothing was done. Sign in, look at the request again, and repeat what you did.</p>
        <p class="buttons">
          <a class="button" href="${visitors.signInPath(approvalPath(id), directoryIn(c))}">Sign in</a>
        </p>`,
    });
  }
}

function purposeOf({ session }: Visitor, id: string): string {
  return `approval ${id} ${session.id}`;
}

/** As the person wrote it: a browser sends a line break as two characters (HTML, §4.10.22.4). */
function textIn(sent: URLSearchParams, name: string): string | undefined {
  return sent.get(name)?.replaceAll("\r\n", "\n");
}

/** For whoever reads the page, which shows how the request stands by now. */
function toWrong({ code, field, message }: Fault): ApprovalView["wrong"] {
  const most = maxTextLength.toLocaleString("en");
  if (code === "approval_settled")
    return { field, sentence: "What you did came too late and changed nothing. This is how it stands:" };
  if (field === "purpose") return { field, sentence: `Say what it is for, in at most ${most} characters.` };
  if (field === "reason") return { field, sentence: `Write at most ${most} characters.` };
  return { field, sentence: message };
}

/** Failures that stand on the request's page; others have a page of their own. */
function isToldHere(code: string): boolean {
  return code === "invalid_input" || (code in approvalFaults.specs && code !== "approval_not_found");
}

function idOf(text: string | undefined): Id<"approval"> | undefined {
  return text !== undefined && isId("approval", text) ? text : undefined;
}

function getId(c: Context<object, "/:id">): Id<"approval"> {
  const id = idOf(c.req.param("id"));
  if (id === undefined) throw unknownApproval();
  return id;
}

/** As whom the link asks to sign in (`approvalPath`). */
function directoryIn(c: Context): SignInPathOptions {
  return asDirectory(c.req.query("directory"));
}

function asDirectory(directory: string | undefined): SignInPathOptions {
  return directory === "customers" ? { directory } : {};
}
