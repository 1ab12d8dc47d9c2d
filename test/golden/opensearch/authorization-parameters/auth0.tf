# Written by `gatehouse render`. This file contains no secret; Terraform keeps the secret in its state.
terraform {
  required_providers {
    auth0 = {
      "source" = "auth0/auth0"
      "version" = ">= 1.1"
    }
  }
}

resource "auth0_client" "opensearch_auth0" {
  name = "opensearch"
  app_type = "regular_web"
  oidc_conformant = true
  grant_types = ["authorization_code", "refresh_token"]
  callbacks = ["https://opensearch.example.com/auth/openid/login"]
  allowed_logout_urls = ["https://opensearch.example.com"]
  # Without this Auth0 signs with HS256, but products check with the public key.
  jwt_configuration {
    alg = "RS256"
  }
}

resource "auth0_client_credentials" "opensearch_auth0" {
  client_id = auth0_client.opensearch_auth0.id
  authentication_method = "client_secret_post"
}

output "client_id_auth0" {
  value = auth0_client.opensearch_auth0.client_id
}

output "client_secret_auth0" {
  value = auth0_client_credentials.opensearch_auth0.client_secret
  sensitive = true
}
