// A plain form for operations, used if GraphiQL is not built.
import { authorizedFetch } from "./token.js";

const { tabs } = JSON.parse(document.getElementById("session").textContent);
const [form, example, operation, variables, answer, stop] = [
  "operation",
  "example",
  "document",
  "variables",
  "answer",
  "stop",
].map((id) => document.getElementById(id));
let running = new AbortController();

function show(tab) {
  operation.value = tab.query;
  variables.value = tab.variables;
}

const isSubscription = (document) => /^\s*subscription\b/m.test(document);
const pretty = (value) => JSON.stringify(value, null, 2);

async function run(signal) {
  const body = { query: operation.value };
  if (variables.value.trim()) body.variables = JSON.parse(variables.value);
  const accept = isSubscription(body.query) ? "text/event-stream" : "application/json";
  const headers = { "Content-Type": "application/json", Accept: accept };
  const response = await authorizedFetch("/graphql", { method: "POST", headers, body: JSON.stringify(body), signal });
  if (!response.headers.get("Content-Type").startsWith("text/event-stream")) {
    answer.textContent = pretty(await response.json());
    return;
  }
  let text = "";
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const events = (text + value).split(/\r?\n\r?\n/);
    text = events.pop();
    for (const event of events) {
      const data = event.split(/\r?\n/).filter((line) => line.startsWith("data:")).map((line) => line.slice(5).trim());
      if (data.join("")) answer.append(`${pretty(JSON.parse(data.join("\n")))}\n`);
    }
  }
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  running.abort();
  const mine = (running = new AbortController());
  answer.textContent = "";
  stop.disabled = false;
  try {
    await run(mine.signal);
  } catch (error) {
    if (!mine.signal.aborted) answer.append(`${error.message}\n`);
  }
  if (mine === running) stop.disabled = true;
});
form.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
});
stop.addEventListener("click", () => {
  running.abort();
  stop.disabled = true;
});
example.addEventListener("change", () => show(tabs[example.selectedIndex]));
show(tabs[example.selectedIndex] ?? tabs[0]);
