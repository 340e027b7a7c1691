/** What is looked for in answers and on pages. */
import type { Loose } from "../portal/client.ts";
import type { Form, Shown } from "../sign-in/http-browser.ts";

/** The address of the page that a caller was told of, whichever way. */
export function pageIn({ error, result }: Readonly<Record<string, Loose>>): string {
  const [request] = Object.values<Loose>(result?.inputRequests ?? {});
  const url = error?.data?.url ?? request?.params?.url;
  if (typeof url !== "string") throw new Error(`No page in ${JSON.stringify(error ?? result)}`);
  return url;
}

/** The form of a page that leads to one of its steps. */
export function formTo({ forms, url, text }: Shown, step: string): Form {
  const form = forms.find(({ action }) => action.endsWith(`/${step}`));
  if (!form) throw new Error(`Nothing to press for ${step} on ${url.href}: ${text}`);
  return form;
}

/** The form of the page of one's servers that does this with one of them. */
export function formFor({ forms, html, text }: Shown, step: "link" | "unlink", title: string): Form {
  const texts = [...html.matchAll(/<form\b.*?<\/form>/gs)].map(([form]) => form);
  const form = forms.find(
    ({ action }, index) => action.endsWith(`/${step}`) && texts[index]?.includes(`: ${title}"`),
  );
  if (!form) throw new Error(`Nothing to press for ${step} of ${title}: ${text}`);
  return form;
}

/** The text of the first content of a tool's answer. */
export function textIn({ error, result }: Readonly<Record<string, Loose>>): string {
  if (error) throw new Error(`${error.data?.code}: ${error.message}`);
  return result.content?.[0]?.text ?? JSON.stringify(result);
}
