// Replaces "graphiql/setup-workers/esm.sh" when the page is served from our own assets.
const files = { json: "json.worker.js", graphql: "graphql.worker.js" };

globalThis.MonacoEnvironment = {
  getWorker(_id, label) {
    const file = files[label] ?? "editor.worker.js";
    return new Worker(new URL(`./${file}`, import.meta.url), { type: "module" });
  },
};
