/** What the way of a call needs of the requests for decisions. */
import type { Approvals } from "@castellan/approvals";
import type { Id } from "@castellan/kernel";

export interface CallApprovals extends Pick<
  Approvals,
  "ask" | "living" | "find" | "findAll" | "holding" | "use" | "goOn" | "settled" | "withdraw"
> {
  /** The page on which a request is seen and decided: an absolute URL. */
  pageOf(id: Id<"approval">): string;
}
