# Written by `gatehouse render`. This file contains no secret; Terraform keeps the secret in its state.
terraform {
  required_providers {
    azuread = {
      "source" = "hashicorp/azuread"
      "version" = ">= 3.0"
    }
  }
}

resource "azuread_application" "amundsen_entra" {
  display_name = "amundsen"
  sign_in_audience = "AzureADMyOrg"
  optional_claims {
    id_token {
      name = "email"
    }
    id_token {
      name = "family_name"
    }
    id_token {
      name = "given_name"
    }
  }
  web {
    redirect_uris = ["https://amundsen.example.com/auth"]
  }
}

resource "azuread_service_principal" "amundsen_entra" {
  client_id = azuread_application.amundsen_entra.client_id
  # true lets in only people who are assigned.
  app_role_assignment_required = false
}

resource "azuread_application_password" "amundsen_entra" {
  application_id = azuread_application.amundsen_entra.id
  display_name = "gatehouse"
}

output "client_id_entra" {
  value = azuread_application.amundsen_entra.client_id
}

output "client_secret_entra" {
  value = azuread_application_password.amundsen_entra.value
  sensitive = true
}
