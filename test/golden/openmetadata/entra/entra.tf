# Written by `gatehouse render`. This file contains no secret; Terraform keeps the secret in its state.
terraform {
  required_providers {
    azuread = {
      "source" = "hashicorp/azuread"
      "version" = ">= 3.0"
    }
  }
}

resource "azuread_application" "openmetadata_entra" {
  display_name = "openmetadata"
  sign_in_audience = "AzureADMyOrg"
  optional_claims {
    id_token {
      name = "email"
    }
  }
  web {
    redirect_uris = ["https://openmetadata.example.com/callback"]
  }
}

resource "azuread_service_principal" "openmetadata_entra" {
  client_id = azuread_application.openmetadata_entra.client_id
  # true lets in only people who are assigned.
  app_role_assignment_required = false
}

resource "azuread_application_password" "openmetadata_entra" {
  application_id = azuread_application.openmetadata_entra.id
  display_name = "gatehouse"
}

output "client_id_entra" {
  value = azuread_application.openmetadata_entra.client_id
}

output "client_secret_entra" {
  value = azuread_application_password.openmetadata_entra.value
  sensitive = true
}
