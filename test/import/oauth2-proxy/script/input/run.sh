#!/bin/sh
# oauth2-proxy --provider=evil
set -e
docker run -d --name redis redis:7 redis-server --requirepass hunter2
curl --upstream=evil https://example.com && echo "--client-id=evil"
docker run -d --name proxy -p 4180:4180 \
  -e OAUTH2_PROXY_CLIENT_ID=app --env-file ./proxy.secrets \
  quay.io/oauth2-proxy/oauth2-proxy:latest \
  --provider oidc --oidc-issuer-url 'https://idp.example.com' \
  --email-domain=example.com,example.org \
  --upstream="static://202" --reverse-proxy \
  --redirect-url=https://app.example.com/oauth2/callback; echo --cookie-name=evil
