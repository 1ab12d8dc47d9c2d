# Written by `gatehouse render`. This file contains no secret; Terraform keeps the secret in its state.
terraform {
  required_providers {
    azuread = {
      "source" = "hashicorp/azuread"
      "version" = ">= 3.0"
    }
  }
}

resource "azuread_application" "oauth2_proxy_entra" {
  display_name = "oauth2-proxy"
  sign_in_audience = "AzureADMyOrg"
  # ApplicationGroup sends only the groups that are assigned: no overage, but it needs a P1 licence.
  group_membership_claims = ["SecurityGroup"]
  optional_claims {
    id_token {
      name = "email"
    }
    id_token {
      name = "groups"
    }
    access_token {
      name = "groups"
    }
  }
  web {
    redirect_uris = ["https://app.example.com/oauth2/callback", "https://app.example.com/"]
  }
}

resource "azuread_service_principal" "oauth2_proxy_entra" {
  client_id = azuread_application.oauth2_proxy_entra.client_id
  # true lets in only people who are assigned.
  app_role_assignment_required = false
}

resource "azuread_application_password" "oauth2_proxy_entra" {
  application_id = azuread_application.oauth2_proxy_entra.id
  display_name = "gatehouse"
}

output "client_id_entra" {
  value = azuread_application.oauth2_proxy_entra.client_id
}

output "client_secret_entra" {
  value = azuread_application_password.oauth2_proxy_entra.value
  sensitive = true
}
