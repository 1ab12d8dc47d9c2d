# Written by `gatehouse render`. This file contains no secret; Terraform keeps the secret in its state.
terraform {
  required_providers {
    okta = {
      "source" = "okta/okta"
      "version" = ">= 4.0"
    }
  }
}

resource "okta_app_oauth" "argo_cd_okta" {
  label = "argo-cd"
  type = "web"
  client_id = "0oa8f2k4jd9sLqWxY5d7"
  grant_types = ["authorization_code", "refresh_token"]
  response_types = ["code"]
  redirect_uris = ["https://argo-cd.example.com/auth/callback"]
  post_logout_redirect_uris = ["https://argo-cd.example.com"]
  token_endpoint_auth_method = "client_secret_basic"
  pkce_required = false
  # The authorization server sends the groups, for all its clients: create its claim and scope by hand.
  # Nobody is assigned yet: add okta_app_group_assignments for people who may sign in.
}

output "client_id_okta" {
  value = okta_app_oauth.argo_cd_okta.client_id
}

output "client_secret_okta" {
  value = okta_app_oauth.argo_cd_okta.client_secret
  sensitive = true
}
