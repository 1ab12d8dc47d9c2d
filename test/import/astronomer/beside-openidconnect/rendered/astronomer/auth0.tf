# Written by `gatehouse render`. This file contains no secret; Terraform keeps the secret in its state.
resource "auth0_client" "astronomer_auth0" {
  name = "astronomer"
  app_type = "spa"
  oidc_conformant = true
  grant_types = ["authorization_code"]
  callbacks = ["https://houston.astro.example.com/v1/oauth/redirect/", "https://houston.astro.example.com/v1/oauth/callback/"]
  allowed_logout_urls = ["https://app.astro.example.com/logout"]
  # Without this Auth0 signs with HS256, but products check with the public key.
  jwt_configuration {
    alg = "RS256"
  }
}

resource "auth0_client_credentials" "astronomer_auth0" {
  client_id = auth0_client.astronomer_auth0.id
  authentication_method = "none"
}

output "client_id_auth0" {
  value = auth0_client.astronomer_auth0.client_id
}
