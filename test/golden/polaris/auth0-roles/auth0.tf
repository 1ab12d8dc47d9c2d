# Written by `gatehouse render`. This file contains no secret; Terraform keeps the secret in its state.
terraform {
  required_providers {
    auth0 = {
      "source" = "auth0/auth0"
      "version" = ">= 1.1"
    }
  }
}

resource "auth0_client" "polaris_auth0" {
  name = "polaris"
  app_type = "non_interactive"
  oidc_conformant = true
  grant_types = ["client_credentials"]
  callbacks = []
  # Without this Auth0 signs with HS256, but products check with the public key.
  jwt_configuration {
    alg = "RS256"
  }
}

resource "auth0_client_credentials" "polaris_auth0" {
  client_id = auth0_client.polaris_auth0.id
  authentication_method = "client_secret_basic"
}

resource "auth0_action" "polaris_auth0" {
  name = "groups for polaris"
  deploy = true
  code = "// Sends the roles of Auth0 as groups, to every client. Written by gatehouse render.\nexports.onExecutePostLogin = async (event, api) => {\n  const groups = event.authorization ? event.authorization.roles : []\n  api.idToken.setCustomClaim(\"https://example.com/groups\", groups)\n  api.accessToken.setCustomClaim(\"https://example.com/groups\", groups)\n}\n"
  supported_triggers {
    id = "post-login"
    version = "v3"
  }
}

resource "auth0_trigger_action" "polaris_auth0" {
  trigger = "post-login"
  action_id = auth0_action.polaris_auth0.id
}

output "client_id_auth0" {
  value = auth0_client.polaris_auth0.client_id
}

output "client_secret_auth0" {
  value = auth0_client_credentials.polaris_auth0.client_secret
  sensitive = true
}
