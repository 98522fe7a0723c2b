#!/usr/bin/env bash
# Scrape pages and query them with nothing but a shell: three lines of JSON-RPC a call, one line of JSON an answer.
#
#   json-rpc.sh FOLDER URL…        e.g.  json-rpc.sh . https://example.com | jq .result.structuredContent.rows
#
# FOLDER holds the workspace. The server is `axoner` on PATH, or what AXONER_COMMAND says.
set -euo pipefail

[[ $# -ge 2 ]] || { echo "usage: $0 FOLDER URL…" >&2; exit 2; }
folder=$1
shift
urls=$(printf '"%s",' "$@")

call() {
  printf '%s\n' \
    '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"shell","version":"1"}}}' \
    '{"jsonrpc":"2.0","method":"notifications/initialized"}' \
    '{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"'"$1"'","arguments":'"$2"'}}' |
    ${AXONER_COMMAND:-axoner mcp} --root "$folder" | tail -n 1
}

# The dataset's name outlives the process that made it.
call scrape '{"urls":['"${urls%,}"'],"select":[{"name":"heading","css":"h1"}],"save_as":"pages"}'
call query_data '{"sql":"select status, count(*) as pages, min(heading) as first_heading from pages group by status order by status"}'
call calculate '{"expression":"2^64"}'
