# Written by `gatehouse render`. This file contains no secret; Terraform keeps the secret in its state.
terraform {
  required_providers {
    auth0 = {
      "source" = "auth0/auth0"
      "version" = ">= 1.1"
    }
  }
}

resource "auth0_client" "portal_auth0" {
  name = "portal"
  app_type = "regular_web"
  oidc_conformant = true
  grant_types = ["authorization_code", "refresh_token"]
  callbacks = ["https://portal.example.com/callback"]
  allowed_logout_urls = ["https://portal.example.com/"]
  # Without this Auth0 signs with HS256, but products check with the public key.
  jwt_configuration {
    alg = "RS256"
  }
}

resource "auth0_client_credentials" "portal_auth0" {
  client_id = auth0_client.portal_auth0.id
  authentication_method = "client_secret_basic"
}

resource "auth0_action" "portal_auth0" {
  name = "groups for portal"
  deploy = true
  code = "// Sends the roles of Auth0 as groups, to every client. Written by gatehouse render.\nexports.onExecutePostLogin = async (event, api) => {\n  const groups = event.authorization ? event.authorization.roles : []\n  api.idToken.setCustomClaim(\"groups\", groups)\n  api.accessToken.setCustomClaim(\"groups\", groups)\n}\n"
  supported_triggers {
    id = "post-login"
    version = "v3"
  }
}

resource "auth0_trigger_action" "portal_auth0" {
  trigger = "post-login"
  action_id = auth0_action.portal_auth0.id
}

output "client_id_auth0" {
  value = auth0_client.portal_auth0.client_id
}

output "client_secret_auth0" {
  value = auth0_client_credentials.portal_auth0.client_secret
  sensitive = true
}
