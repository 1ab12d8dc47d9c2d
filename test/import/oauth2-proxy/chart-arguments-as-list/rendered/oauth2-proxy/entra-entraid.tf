# Written by `gatehouse render`. This file contains no secret; Terraform keeps the secret in its state.
terraform {
  required_providers {
    azuread = {
      "source" = "hashicorp/azuread"
      "version" = ">= 3.0"
    }
  }
}

resource "azuread_application" "oauth2_proxy_entraid" {
  display_name = "oauth2-proxy"
  sign_in_audience = "AzureADMyOrg"
  optional_claims {
    id_token {
      name = "email"
    }
  }
  web {
    redirect_uris = ["https://app.example.com/oauth2/callback", "https://app.example.com/"]
  }
}

resource "azuread_service_principal" "oauth2_proxy_entraid" {
  client_id = azuread_application.oauth2_proxy_entraid.client_id
  # true lets in only people who are assigned.
  app_role_assignment_required = false
}

resource "azuread_application_password" "oauth2_proxy_entraid" {
  application_id = azuread_application.oauth2_proxy_entraid.id
  display_name = "gatehouse"
}

output "client_id_entraid" {
  value = azuread_application.oauth2_proxy_entraid.client_id
}

output "client_secret_entraid" {
  value = azuread_application_password.oauth2_proxy_entraid.value
  sensitive = true
}
