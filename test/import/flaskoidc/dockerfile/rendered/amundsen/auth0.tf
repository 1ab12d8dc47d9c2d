# Written by `gatehouse render`. This file contains no secret; Terraform keeps the secret in its state.
terraform {
  required_providers {
    auth0 = {
      "source" = "auth0/auth0"
      "version" = ">= 1.1"
    }
  }
}

resource "auth0_client" "amundsen_auth0" {
  name = "amundsen"
  app_type = "regular_web"
  oidc_conformant = true
  grant_types = ["authorization_code", "refresh_token"]
  callbacks = ["https://amundsen.example.com/auth"]
  # Without this Auth0 signs with HS256, but products check with the public key.
  jwt_configuration {
    alg = "RS256"
  }
}

resource "auth0_client_credentials" "amundsen_auth0" {
  client_id = auth0_client.amundsen_auth0.id
  authentication_method = "client_secret_basic"
}

output "client_id_auth0" {
  value = auth0_client.amundsen_auth0.client_id
}

output "client_secret_auth0" {
  value = auth0_client_credentials.amundsen_auth0.client_secret
  sensitive = true
}
