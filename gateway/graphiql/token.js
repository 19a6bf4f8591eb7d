// The access token that the page sends with every request. It is kept for the browser's session. The page asks for it
// when the gateway refuses a request without one, and again when it has expired or was revoked.
const KEY = "journal-gateway:access-token";
const place = document.getElementById("sign-in");
let waiting = [];

const stored = () => JSON.parse(sessionStorage.getItem(KEY));

/** Whether the user has set an Authorization header, which then takes precedence over the token. */
export const hasAuthorization = (headers = {}) =>
  Object.keys(headers).some((name) => name.toLowerCase() === "authorization");

/** The headers with the token. */
export function authorized(headers = {}) {
  const kept = stored();
  return kept && !hasAuthorization(headers) ? { ...headers, Authorization: `Bearer ${kept.token}` } : headers;
}

/** Resolves once there is a token. */
export const signedIn = () => (stored() ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve)));

/** Forget the token that a refused request had, and ask for another. */
export function refused({ Authorization }) {
  const kept = stored();
  if (kept && Authorization !== `Bearer ${kept.token}`) return; // There is a newer one already.
  sessionStorage.removeItem(KEY);
  ask(Authorization ? "The access token has expired or was revoked. Sign in again." : "This gateway requires an API key. Sign in.");
}

/** Like fetch, with the token; if it is refused, the page asks for another. */
export async function authorizedFetch(url, { headers: given = {}, ...init } = {}) {
  const headers = authorized(given);
  const response = await fetch(url, { ...init, headers });
  if (response.status === 401 && !hasAuthorization(given)) refused(headers);
  return response;
}

async function messageOf(response) {
  try {
    const body = await response.json();
    return (body.errors ?? body.reasons ?? [body])[0].message;
  } catch {
    return `The gateway answered with HTTP status ${response.status}.`;
  }
}

async function exchanged(clientId, clientSecret) {
  const form = { grant_type: "client_credentials", client_id: clientId, client_secret: clientSecret };
  const response = await fetch("/oauth/token", { method: "POST", body: new URLSearchParams(form) });
  if (!response.ok) throw new Error(await messageOf(response));
  const { access_token: token, expires_in: seconds } = await response.json();
  return { token, until: Date.now() + seconds * 1000 };
}

async function checked(token) {
  const headers = { "Content-Type": "application/json", Accept: "application/json", Authorization: `Bearer ${token}` };
  const response = await fetch("/graphql", { method: "POST", headers, body: '{"query": "{ __typename }"}' });
  if (!response.ok) throw new Error(await messageOf(response));
  return { token };
}

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

function field(label, name, type) {
  return element("label", {}, label, element("input", { name, type, autocomplete: "off", spellcheck: false }));
}

function ask(message) {
  if (place.querySelector("form")) return; // What it says first is why; later refusals follow from it.
  const said = element("p", { role: "alert", id: "sign-in-message" });
  const form = element(
    "form",
    { ariaLabel: "Sign in" },
    said,
    field("Client id of an API key", "client_id", "text"),
    field("Client secret", "client_secret", "password"),
    field("or an access token", "token", "password"),
    element("button", { type: "submit" }, "Sign in"),
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const given = Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, value.trim()]));
    const token = given.token.replace(/^bearer\s+/i, "");
    if (!token && !(given.client_id && given.client_secret)) {
      said.textContent = "Give the client id and the client secret of an API key, or an access token.";
      return;
    }
    form.querySelector("button").disabled = true;
    try {
      keep(token ? await checked(token) : await exchanged(given.client_id, given.client_secret));
    } catch (error) {
      said.textContent = error.message;
      form.querySelector("button").disabled = false;
    }
  });
  place.replaceChildren(form);
  said.textContent = message; // Set once the element is in the page, so that screen readers announce it.
  form.querySelector("input").focus();
}

function keep(kept) {
  sessionStorage.setItem(KEY, JSON.stringify(kept));
  showSignedIn(kept).focus();
  for (const resolve of waiting.splice(0)) resolve();
}

function showSignedIn({ until }) {
  const time = until && new Date(until).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  const status = element("span", { role: "status", tabIndex: -1 }, time ? `Signed in until ${time}.` : "Signed in.");
  const signOut = element("button", { type: "button" }, "Sign out");
  signOut.addEventListener("click", () => {
    sessionStorage.removeItem(KEY);
    place.replaceChildren();
  });
  place.replaceChildren(element("div", { className: "signed-in" }, status, signOut));
  return status;
}

if (stored()) showSignedIn(stored());
