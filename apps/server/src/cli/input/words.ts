/** Words that the API takes, as choices of options. The table of commands loads this, so it loads nothing. */
export const directoryWords = ["workforce", "customers"] as const;
export const roleWords = ["owner", "admin", "auditor", "developer", "member"] as const;
export const statusWords = ["active", "suspended"] as const;
export const classWords = ["read", "write", "destructive"] as const;
export const authMethodWords = [
  "none",
  "client_secret_basic",
  "client_secret_post",
  "private_key_jwt",
] as const;
export const authKindWords = [
  "auto",
  "none",
  "bearer",
  "basic",
  "client_credentials",
  "shared_account",
  "own_account",
  "own_key",
  "identity",
  "token_exchange",
  "id_jag",
] as const;
export const grantTypeWords = ["authorization_code", "refresh_token", "client_credentials"] as const;
export const clientKindWords = ["registered", "dynamic", "document"] as const;
export const claimWords = ["subject", "email", "name", "groups"] as const;
export const actionWords = ["allow", "block", "require_approval"] as const;
export const outcomeWords = ["allow", "ask", "deny"] as const;
export const approvalStateWords = [
  "pending",
  "approved",
  "used",
  "rejected",
  "withdrawn",
  "expired",
] as const;
export const noticeKindWords = [
  "approval.asked",
  "approval.reminder",
  "approval.decided",
  "credential.failed",
] as const;
export const noticeStateWords = ["waiting", "delivered", "failed"] as const;
export const noticeChannelWords = ["email", "webhook"] as const;
