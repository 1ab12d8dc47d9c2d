#!/bin/sh
set -eu
# Sends configuration.json and the secrets to Harbor. Written by `gatehouse render`. Needs jq and curl; run it in this folder.
test -n "${LDAP_READER_DN}"
test -n "${LDAP_READER_PASSWORD}"
test -n "${HARBOR_ADMIN_PASSWORD}"
sh -euc 'url=$1; shift
jq '\''reduce $ARGS.positional[] as $pair (.; ($pair | split("=")) as [$setting, $name] | .[$setting] = env[$name])'\'' configuration.json --args "$@" |
curl --fail-with-body --silent --show-error --request PUT --header "Content-Type: application/json" --user "admin:$HARBOR_ADMIN_PASSWORD" --data @- -- "$url"' apply https://harbor.example.com/api/v2.0/configurations ldap_search_dn=LDAP_READER_DN ldap_search_password=LDAP_READER_PASSWORD
