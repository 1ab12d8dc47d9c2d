# Written by `gatehouse render`. This file contains no secret; Terraform keeps the secret in its state.
terraform {
  required_providers {
    okta = {
      "source" = "okta/okta"
      "version" = ">= 4.0"
    }
  }
}

resource "okta_app_oauth" "datahub_okta" {
  label = "datahub"
  type = "web"
  client_id = "0oa8f2k4jd9sLqWxY5d7"
  grant_types = ["authorization_code"]
  response_types = ["code"]
  redirect_uris = ["https://datahub.example.com/callback/oidc"]
  post_logout_redirect_uris = ["https://datahub.example.com/login"]
  token_endpoint_auth_method = "client_secret_basic"
  pkce_required = false
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
  value = okta_app_oauth.datahub_okta.client_id
}

output "client_secret_okta" {
  value = okta_app_oauth.datahub_okta.client_secret
  sensitive = true
}
