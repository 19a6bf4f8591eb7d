// GraphiQL for this gateway, which build.sh bundles.
import "graphiql/setup-workers/esm.sh";
import { useGraphiQL } from "@graphiql/react";
import { createGraphiQLFetcher } from "@graphiql/toolkit";
import { GraphiQL } from "graphiql";
import { getOperationAST, parse } from "graphql";
import { createClient } from "graphql-ws";
import { createElement, useEffect } from "react";
import { createRoot } from "react-dom/client";
import { authorized, authorizedFetch, hasAuthorization, refused, signedIn } from "./token.js";

const { session, tabs } = JSON.parse(document.getElementById("session").textContent);
const url = new URL("/graphql", location);
const socketUrl = new URL(url);
socketUrl.protocol = url.protocol.replace("http", "ws");

const overHttp = createGraphiQLFetcher({ url: url.href, enableIncrementalDelivery: false, fetch: authorizedFetch });

const UNAUTHENTICATED = "UNAUTHENTICATED";
const isUnauthenticated = (answer) => answer.errors?.some((error) => error.extensions?.code === UNAUTHENTICATED);

// The gateway's error codes for the WebSocket close codes.
const CODES = { 1013: "SERVICE_UNAVAILABLE", 4400: "BAD_REQUEST", 4403: UNAUTHENTICATED };

function errorsOf(cause) {
  if (Array.isArray(cause)) return cause;
  const code = CODES[cause.code];
  return [{ message: cause.reason || cause.message || "Connection lost.", ...(code && { extensions: { code } }) }];
}

// GraphiQL shows only the latest payload, so each payload repeats the earlier ones, newest last.
// Never retried: a restarted subscription would repeat its events in the list.
const overSocket = (params, given) => ({
  subscribe(sink) {
    const headers = authorized(given);
    const data = [];
    const errors = [];
    let timer;
    const show = () => {
      timer = clearTimeout(timer);
      sink?.next({ ...((data.length || !errors.length) && { data }), ...(errors.length && { errors }) });
    };
    const client = createClient({ url: socketUrl.href, connectionParams: headers, retryAttempts: 0 });
    const unsubscribe = client.subscribe(params, {
      next(payload) {
        if (payload.data) data.push(payload.data);
        if (payload.errors) errors.push(...payload.errors);
        timer ??= setTimeout(show, 100); // Printing the whole list for each of thousands would freeze the page.
      },
      error(cause) {
        const found = errorsOf(cause);
        if (isUnauthenticated({ errors: found }) && !hasAuthorization(given)) refused(headers);
        errors.push(...found);
        this.complete();
      },
      complete() {
        show();
        sink?.complete();
      },
    });
    return {
      unsubscribe() {
        sink = undefined; // Late events would be shown in the tab that the user has switched to.
        unsubscribe();
      },
    };
  },
});

// Introspection waits for a token, so that the docs appear once there is one.
async function introspect(params, headers) {
  for (;;) {
    const answer = await overHttp(params, { headers });
    if (!isUnauthenticated(answer) || hasAuthorization(headers)) return answer;
    await signedIn();
  }
}

// The operation to run. For a moment after a tab has been chosen, GraphiQL still has the name and the kind of the
// operation in the tab before it; of a single operation neither is needed.
function operationIn({ query, operationName }) {
  try {
    const document = parse(query);
    return getOperationAST(document, operationName) ?? getOperationAST(document);
  } catch {
    return null; // The gateway says what is wrong.
  }
}

function fetcher(params, { documentAST, headers } = {}) {
  if (params.operationName === "IntrospectionQuery" && !documentAST) return introspect(params, headers);
  const operation = operationIn(params);
  const request = { ...params, operationName: operation?.name?.value };
  return operation?.operation === "subscription" ? overSocket(request, headers) : overHttp(request, { headers });
}

// Every set of tabs has its own stored session, so that new tabs appear and edits of old ones are kept.
const storage = {
  getItem: (key) => localStorage.getItem(`${session}:${key}`),
  setItem: (key, value) => localStorage.setItem(`${session}:${key}`, value),
  removeItem: (key) => localStorage.removeItem(`${session}:${key}`),
  clear() {
    for (const key of Object.keys(localStorage)) if (key.startsWith(`${session}:`)) localStorage.removeItem(key);
  },
  get length() {
    return localStorage.length;
  },
};

// Scrolls to the newest event of a running subscription.
function FollowEvents() {
  const { editor, following } = useGraphiQL((state) => ({
    editor: state.responseEditor,
    following: state.subscription !== null,
  }));
  useEffect(() => {
    if (!editor || !following) return;
    const listener = editor.onDidChangeModelContent(() => editor.revealLine(editor.getModel().getLineCount()));
    return () => listener.dispose();
  }, [editor, following]);
}

const fresh = storage.getItem("graphiql:tabState") === null;

createRoot(document.getElementById("graphiql")).render(
  createElement(
    GraphiQL,
    {
      fetcher,
      storage,
      defaultTabs: tabs,
      initialVariables: fresh ? tabs[0]?.variables : undefined,
      defaultEditorToolsVisibility: tabs.some((tab) => tab.variables) ? "variables" : undefined,
    },
    createElement(FollowEvents),
  ),
);
