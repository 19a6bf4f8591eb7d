#!/bin/sh
# Bundles GraphiQL into assets/, so that its page loads nothing from other hosts.
set -eu
cd "$(dirname "$0")"

if [ -f assets/graphiql.js ] && [ -z "$(find build.sh package-lock.json ./*.js -newer assets/graphiql.js)" ]; then
    exit 0
fi

new="assets.new.$$"
old="assets.old.$$"
trap 'rm -rf "$new" "$old"' EXIT

bundle() {
    command -v npm >/dev/null &&
    npm ci --ignore-scripts --prefer-offline --no-audit --no-fund --loglevel=error &&
    node_modules/.bin/esbuild \
        graphiql=graphiql.js \
        json.worker=monaco-editor/esm/vs/language/json/json.worker.js \
        graphql.worker=monaco-graphql/esm/graphql.worker.js \
        editor.worker=monaco-editor/esm/vs/editor/editor.worker.js \
        --alias:graphiql/setup-workers/esm.sh=./workers.js \
        --bundle --splitting --format=esm --minify --outdir="$new" --log-level=warning \
        --define:process.env.NODE_ENV='"production"' --loader:.css=empty --loader:.ttf=empty &&
    cp node_modules/graphiql/dist/style.css "$new/graphiql.css"
}

if bundle >&2; then
    [ ! -d assets ] || mv assets "$old"
    mv "$new" assets
else
    echo "GraphiQL is not built: this requires npm and its packages. Until then, the page at /graphql is a plain form."
fi
