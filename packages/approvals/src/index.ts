export {
  approvalStates,
  type Approval,
  type ApprovalKind,
  type ApprovalState,
  type Asker,
  type Deciders,
  type Met,
  type Need,
  type Person,
  type Subject,
} from "./approval.ts";
export type {
  ApprovalEvent,
  ApprovalFilter,
  ApprovalOptions,
  ApprovalPeople,
  Approvals,
  NewApproval,
  Proof,
  SeenApproval,
} from "./approvals.ts";
export { createApprovals } from "./create-approvals.ts";
export { approvalFaults } from "./faults.ts";
export { approvalMigrations } from "./migrations.ts";
export { proofSuffices, type WantedProof } from "./proof.ts";
export { renameDeciderGroup } from "./steps/rename-group.ts";
export { approvalSealedColumns } from "./storage/arguments.ts";

export { createApprovalPages, type ApprovalPagesOptions } from "./pages/approval-pages.ts";
export { approvalPagePath, approvalPath } from "./pages/paths.ts";
export type { Visitor, Visitors } from "./pages/visitor.ts";
