/** What people decide about what a server lists: which definitions are offered, and what may be done with them. */
import { recordChange, sql, type Database, type Transaction } from "@castellan/database";
import type { DefinitionKind } from "../catalog/definition.ts";
import { fingerprintOfAll } from "../catalog/fingerprint.ts";
import { callFaults } from "../faults.ts";
import { serversTopic } from "../servers/server-store.ts";
import { approveListed } from "./approve.ts";
import { writeExpectedRejections, type Rejection } from "./expect-rejections.ts";
import { writeExpected, type ApprovalChanges } from "./expect.ts";
import { readPicture, type ReviewPicture } from "./picture.ts";
import { rejectChosen } from "./reject.ts";
import { findRenames, type OnRenamed } from "./renames.ts";
import { toReviews, type Approval, type ServerReviews } from "./review.ts";
import { chooseToApprove, chooseToReject, type Selection } from "./selection.ts";
import { readShadows } from "./shadows.ts";

/**
 * Each throws `server_unknown`. Decisions by selection also throw `definition_unknown`, and `definition_changed`
 * when a definition says something else than what was looked at: then nothing is decided. `by`: who decides.
 */
export interface DefinitionReviews {
  list(slug: string): Promise<ServerReviews>;
  /**
   * Of all: what is new, changed, or accepted by a setting; never what was rejected. What is approved under a new
   * name takes along what is kept under the old one (`OnRenamed`).
   */
  approve(slug: string, selection: Selection, by: string): Promise<ServerReviews>;
  /** Of all: what is new or changed. Named one by one, also what is approved, listed or not: it is so no longer. */
  reject(slug: string, selection: Selection, by: string): Promise<ServerReviews>;
  /**
   * Makes these the approvals that people have given, and no others; what is not listed yet is approved ahead.
   * What a setting accepts stays accepted, and an approval of what that has replaced is passed over. Done again,
   * it changes nothing.
   */
  expect(slug: string, approvals: readonly Approval[], by: string): Promise<ApprovalChanges>;
  /** Makes these the rejections, and no others, listed or not. False: they were so already. */
  expectRejections(slug: string, rejections: readonly Rejection[], by: string): Promise<boolean>;
}

export interface DefinitionReviewsOptions {
  /** Within a transaction (`withinTransaction`) decisions are part of it. */
  readonly database: Database;
  readonly onRenamed?: OnRenamed | undefined;
}

interface ServerRow {
  id: string;
  auto_accept: DefinitionKind[];
}

export function createDefinitionReviews({
  database,
  onRenamed,
}: DefinitionReviewsOptions): DefinitionReviews {
  async function find(slug: string): Promise<ReviewPicture> {
    const [server] = await database.query<{ id: string }>(sql`select id from servers where slug = ${slug}`);
    if (!server) throw unknown(slug);
    return readPicture(database, server.id);
  }

  /** Decides while neither a sync nor anyone else does, and tells the replicas. */
  async function decide<Result>(
    slug: string,
    run: (tx: Transaction, picture: ReviewPicture, server: ServerRow) => Promise<Result>,
    isChange: (result: Result) => boolean = () => true,
  ): Promise<Result> {
    return database.transaction(async (tx) => {
      const [server] = await tx.query<ServerRow>(
        sql`select id, auto_accept from servers where slug = ${slug} for update`,
      );
      if (!server) throw unknown(slug);
      const result = await run(tx, await readPicture(tx, server.id), server);
      if (isChange(result)) await recordChange(tx, serversTopic, server.id);
      return result;
    });
  }

  async function list(slug: string): Promise<ServerReviews> {
    const picture = await find(slug);
    const shadows = await readShadows(database, picture);
    return {
      fingerprint: fingerprintOfAll(picture.listed),
      definitions: toReviews(picture, await findRenames(picture), shadows),
    };
  }

  return {
    list,

    async approve(slug, selection, by) {
      await decide(slug, (tx, picture) =>
        approveListed(tx, picture, chooseToApprove(picture, selection), { by, onRenamed }),
      );
      return list(slug);
    },

    async reject(slug, selection, by) {
      await decide(slug, (tx, picture) =>
        rejectChosen(tx, picture.serverId, chooseToReject(picture, selection), by),
      );
      return list(slug);
    },

    expect: (slug, approvals, by) =>
      decide(
        slug,
        (tx, picture, server) =>
          writeExpected(tx, picture, approvals, { by, onRenamed, autoAccept: server.auto_accept }),
        ({ given, withdrawn }) => given.length + withdrawn.length > 0,
      ),

    expectRejections: (slug, rejections, by) =>
      decide(
        slug,
        (tx, picture, server) =>
          writeExpectedRejections(tx, picture, rejections, {
            by,
            onRenamed,
            autoAccept: server.auto_accept,
          }),
        (isChanged) => isChanged,
      ),
  };
}

function unknown(slug: string) {
  return callFaults.fault("server_unknown", `No server "${slug}" is registered`);
}
