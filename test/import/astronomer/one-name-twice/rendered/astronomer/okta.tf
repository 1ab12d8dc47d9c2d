# Written by `gatehouse render`. This file contains no secret; Terraform keeps the secret in its state.
terraform {
  required_providers {
    okta = {
      "source" = "okta/okta"
      "version" = ">= 4.0"
    }
  }
}

resource "okta_app_oauth" "astronomer_okta" {
  label = "astronomer"
  type = "browser"
  grant_types = ["implicit"]
  response_types = ["token", "id_token"]
  redirect_uris = ["https://houston.astro.example.com/v1/oauth/redirect/", "https://houston.astro.example.com/v1/oauth/callback/"]
  post_logout_redirect_uris = ["https://app.astro.example.com/logout"]
  token_endpoint_auth_method = "none"
  pkce_required = false
  # Nobody is assigned yet: add okta_app_group_assignments for people who may sign in.
}

output "client_id_okta" {
  value = okta_app_oauth.astronomer_okta.client_id
}
