/**
 * Asks the browser for a passkey when a form with `data-passkey` is sent, and sends the answer along in its field
 * `credential`. The form says in `data-options` what to ask for. Both are JSON as of WebAuthn §5.1; not every browser
 * that knows passkeys reads and writes it by itself.
 */
for (const form of document.querySelectorAll("form[data-passkey]")) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void send(form);
  });
}

async function send(form) {
  const button = form.querySelector("button");
  button.disabled = true;
  tell(form, "");
  try {
    const options = JSON.parse(form.dataset.options);
    const answer = form.dataset.passkey === "create" ? await create(options) : await get(options);
    form.elements.namedItem("credential").value = JSON.stringify(answer);
    form.submit();
  } catch (error) {
    button.disabled = false;
    tell(
      form,
      sentences[error.name] ?? "Your browser cannot use a passkey here. Try another way, or another browser.",
    );
  }
}

const sentences = {
  NotAllowedError: "No passkey was used. Try again, or choose another way.",
  AbortError: "No passkey was used. Try again, or choose another way.",
  InvalidStateError: "This device has a passkey for this account already.",
};

function tell(form, sentence) {
  const place = form.querySelector("[role=alert]");
  place.textContent = sentence;
  place.hidden = sentence === "";
}

async function create(options) {
  const made = await navigator.credentials.create({
    publicKey: {
      ...options,
      challenge: toBytes(options.challenge),
      user: { ...options.user, id: toBytes(options.user.id) },
      excludeCredentials: withBytes(options.excludeCredentials),
    },
  });
  return toJson(made, {
    attestationObject: toText(made.response.attestationObject),
    transports: made.response.getTransports?.() ?? [],
  });
}

async function get(options) {
  const { allowCredentials, ...rest } = options;
  const used = await navigator.credentials.get({
    publicKey: {
      ...rest,
      challenge: toBytes(options.challenge),
      allowCredentials: withBytes(allowCredentials),
    },
  });
  const { authenticatorData, signature, userHandle } = used.response;
  return toJson(used, {
    authenticatorData: toText(authenticatorData),
    signature: toText(signature),
    ...(userHandle && { userHandle: toText(userHandle) }),
  });
}

function toJson(credential, response) {
  return {
    id: credential.id,
    rawId: toText(credential.rawId),
    type: credential.type,
    clientExtensionResults: {},
    response: { clientDataJSON: toText(credential.response.clientDataJSON), ...response },
  };
}

function withBytes(credentials = []) {
  return credentials.map((one) => ({ ...one, id: toBytes(one.id) }));
}

function toBytes(text) {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (character) => character.codePointAt(0));
}

function toText(buffer) {
  const binary = Array.from(new Uint8Array(buffer), (byte) => String.fromCodePoint(byte)).join("");
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
