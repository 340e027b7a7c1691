/** For tests of whatever lets people in by a company's own identity provider. */
export {
  startCompanyIdp,
  type CompanyIdp,
  type CompanyUser,
  type SignOptions,
} from "./testing/company-idp.ts";
