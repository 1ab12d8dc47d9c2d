# Written by `gatehouse render`. This file contains no secret; Terraform keeps the secret in its state.
terraform {
  required_providers {
    azuread = {
      "source" = "hashicorp/azuread"
      "version" = ">= 3.0"
    }
  }
}

resource "azuread_application" "druid_entra" {
  display_name = "druid"
  sign_in_audience = "AzureADMyOrg"
  web {
    redirect_uris = ["https://druid.example.com/druid-ext/druid-pac4j/callback"]
  }
}

resource "azuread_service_principal" "druid_entra" {
  client_id = azuread_application.druid_entra.client_id
  # true lets in only people who are assigned.
  app_role_assignment_required = false
}

resource "azuread_application_password" "druid_entra" {
  application_id = azuread_application.druid_entra.id
  display_name = "gatehouse"
}

output "client_id_entra" {
  value = azuread_application.druid_entra.client_id
}

output "client_secret_entra" {
  value = azuread_application_password.druid_entra.value
  sensitive = true
}
