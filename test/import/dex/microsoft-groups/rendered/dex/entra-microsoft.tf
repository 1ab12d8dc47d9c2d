# Written by `gatehouse render`. This file contains no secret; Terraform keeps the secret in its state.
terraform {
  required_providers {
    azuread = {
      "source" = "hashicorp/azuread"
      "version" = ">= 3.0"
    }
  }
}

resource "azuread_application" "dex_microsoft" {
  display_name = "dex"
  sign_in_audience = "AzureADMyOrg"
  optional_claims {
    id_token {
      name = "email"
    }
  }
  web {
    redirect_uris = ["https://id.example.com/callback"]
  }
}

resource "azuread_service_principal" "dex_microsoft" {
  client_id = azuread_application.dex_microsoft.client_id
  # true lets in only people who are assigned.
  app_role_assignment_required = false
}

resource "azuread_application_password" "dex_microsoft" {
  application_id = azuread_application.dex_microsoft.id
  display_name = "gatehouse"
}

output "client_id_microsoft" {
  value = azuread_application.dex_microsoft.client_id
}

output "client_secret_microsoft" {
  value = azuread_application_password.dex_microsoft.value
  sensitive = true
}
