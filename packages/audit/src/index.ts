export { createAuditLog, type AuditLog, type AuditLogOptions } from "./audit-log.ts";
export {
  callOutcomes,
  policyOutcomes,
  type CallOutcome,
  type CallRecord,
  type PolicyOutcome,
  type RecordedCall,
  type RecordedPolicy,
} from "./call-record.ts";
export type { Mac } from "./chain.ts";
export type { CallFilter, CallPage } from "./list.ts";
export type { Removal, RemoveOptions } from "./retention.ts";
export type { Breakage, BrokenPlace } from "./check-rows.ts";
export type { Verification, VerifyOptions } from "./verify.ts";
export { auditFaults } from "./faults.ts";
export { auditMigrations } from "./migrations.ts";
