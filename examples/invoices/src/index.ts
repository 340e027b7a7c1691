export { type ServeOptions, type Service, serve } from "./http.ts";
export { createInvoiceServer } from "./server.ts";
export { type InvoiceFilter, type InvoiceStore, openStore } from "./store.ts";
