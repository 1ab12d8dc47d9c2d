#!/bin/sh
set -eu
# Sends configuration.json and the secrets to Harbor. Written by `gatehouse render`. Needs jq and curl; run it in this folder.
test -n "${HARBOR_SECRET}"
test -n "${HARBOR_ADMIN_PASSWORD}"
sh -euc 'url=$1; shift
user=$(jq --null-input --raw-output '\''
  if env.HARBOR_ADMIN_PASSWORD | explode | any(. < 32 or . == 127)
  then error("HARBOR_ADMIN_PASSWORD contains control characters")
  else "user = " + ("admin:" + env.HARBOR_ADMIN_PASSWORD | tojson) end'\'')
body=$(mktemp)
trap '\''rm -f "$body"'\'' EXIT; trap "exit 1" HUP INT TERM
jq '\''reduce $ARGS.positional[] as $pair (.; ($pair | split("=")) as [$setting, $name] | .[$setting] = env[$name])'\'' configuration.json --args "$@" > "$body"
printf "%s\n" "$user" |
curl --config - --fail-with-body --silent --show-error --request PUT --header "Content-Type: application/json" --data-binary "@$body" -- "$url"' apply https://harbor.example.com/api/v2.0/configurations oidc_client_secret=HARBOR_SECRET
