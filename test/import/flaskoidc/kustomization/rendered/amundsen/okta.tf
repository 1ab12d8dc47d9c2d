# Written by `gatehouse render`. This file contains no secret; Terraform keeps the secret in its state.
terraform {
  required_providers {
    okta = {
      "source" = "okta/okta"
      "version" = ">= 4.0"
    }
  }
}

resource "okta_app_oauth" "amundsen_okta" {
  label = "amundsen"
  type = "web"
  client_id = "0oa1abcd"
  grant_types = ["authorization_code", "refresh_token"]
  response_types = ["code"]
  redirect_uris = ["https://amundsen.example.com/auth"]
  token_endpoint_auth_method = "client_secret_basic"
  pkce_required = true
  # Nobody is assigned yet: add okta_app_group_assignments for people who may sign in.
}

output "client_id_okta" {
  value = okta_app_oauth.amundsen_okta.client_id
}

output "client_secret_okta" {
  value = okta_app_oauth.amundsen_okta.client_secret
  sensitive = true
}
