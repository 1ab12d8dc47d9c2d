# Written by `gatehouse render`. This file contains no secret; Terraform keeps the secret in its state.
terraform {
  required_providers {
    okta = {
      "source" = "okta/okta"
      "version" = ">= 4.0"
    }
  }
}

resource "okta_app_oauth" "portal_okta" {
  label = "portal"
  type = "web"
  client_id = "portal-web"
  grant_types = ["authorization_code", "refresh_token"]
  response_types = ["code"]
  redirect_uris = ["https://portal.example.com/callback"]
  post_logout_redirect_uris = ["https://portal.example.com/"]
  token_endpoint_auth_method = "client_secret_basic"
  pkce_required = true
  # Okta ignores this if Terraform signs in with OAuth 2.0 instead of an API token: then set it by hand.
  groups_claim {
    type = "FILTER"
    filter_type = "REGEX"
    name = "groups"
    value = ".*"
  }
  # Nobody is assigned yet: add okta_app_group_assignments for people who may sign in.
}

output "client_id_okta" {
  value = okta_app_oauth.portal_okta.client_id
}

output "client_secret_okta" {
  value = okta_app_oauth.portal_okta.client_secret
  sensitive = true
}
