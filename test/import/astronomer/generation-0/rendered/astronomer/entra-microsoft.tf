# Written by `gatehouse render`. This file contains no secret; Terraform keeps the secret in its state.
terraform {
  required_providers {
    azuread = {
      "source" = "hashicorp/azuread"
      "version" = ">= 3.0"
    }
  }
}

resource "azuread_application" "astronomer_microsoft" {
  display_name = "astronomer"
  sign_in_audience = "AzureADMyOrg"
  optional_claims {
    id_token {
      name = "email"
    }
  }
  web {
    redirect_uris = ["https://houston.astro.example.com/v1/oauth/redirect/", "https://houston.astro.example.com/v1/oauth/callback/", "https://app.astro.example.com/logout"]
  }
}

resource "azuread_service_principal" "astronomer_microsoft" {
  client_id = azuread_application.astronomer_microsoft.client_id
  # true lets in only people who are assigned.
  app_role_assignment_required = false
}

resource "azuread_application_password" "astronomer_microsoft" {
  application_id = azuread_application.astronomer_microsoft.id
  display_name = "gatehouse"
}

output "client_id_microsoft" {
  value = azuread_application.astronomer_microsoft.client_id
}

output "client_secret_microsoft" {
  value = azuread_application_password.astronomer_microsoft.value
  sensitive = true
}
