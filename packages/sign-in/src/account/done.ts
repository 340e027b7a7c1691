/** What has just been done, as the page says it that somebody is sent back to. */
const sentences = {
  app: "The app is disconnected.",
  browser: "That browser is signed out.",
  browsers: "You are signed out everywhere else.",
  "passkey-added": "The passkey is added.",
  "passkey-renamed": "The passkey has its new name.",
  "passkey-removed": "The passkey is removed.",
  password: "The new password works from now on.",
  "password-removed": "The password is removed.",
} as const;

export type Done = keyof typeof sentences;

export function donePath(done: Done): string {
  return `/account?done=${done}`;
}

/** Undefined for what is none of these: a page says nothing that stands in a link. */
export function doneOf(text: string | undefined): string | undefined {
  return Object.entries(sentences).find(([done]) => done === text)?.[1];
}
