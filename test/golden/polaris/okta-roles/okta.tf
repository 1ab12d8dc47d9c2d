# Written by `gatehouse render`. This file contains no secret; Terraform keeps the secret in its state.
terraform {
  required_providers {
    okta = {
      "source" = "okta/okta"
      "version" = ">= 4.0"
    }
  }
}

resource "okta_app_oauth" "polaris_okta" {
  label = "polaris"
  type = "service"
  client_id = "polaris"
  grant_types = ["client_credentials"]
  response_types = ["token"]
  redirect_uris = []
  token_endpoint_auth_method = "client_secret_basic"
  pkce_required = false
  # The authorization server sends the groups, for all its clients: create its claim and scope by hand.
  # Nobody is assigned yet: add okta_app_group_assignments for people who may sign in.
}

output "client_id_okta" {
  value = okta_app_oauth.polaris_okta.client_id
}

output "client_secret_okta" {
  value = okta_app_oauth.polaris_okta.client_secret
  sensitive = true
}
