# Written by `gatehouse render`. This file contains no secret; Terraform keeps the secret in its state.
terraform {
  required_providers {
    azuread = {
      "source" = "hashicorp/azuread"
      "version" = ">= 3.0"
    }
  }
}

resource "azuread_application" "polaris_entra" {
  display_name = "polaris"
  sign_in_audience = "AzureADMyOrg"
  # ApplicationGroup sends only the groups that are assigned: no overage, but it needs a P1 licence.
  group_membership_claims = ["SecurityGroup"]
  api {
    requested_access_token_version = 2
    oauth2_permission_scope {
      id = "5b1c6c0e-6f0a-4d52-9d0f-3f6d4a8f7a10"
      value = "access"
      type = "User"
      admin_consent_display_name = "Sign in to polaris"
      admin_consent_description = "Sign in to polaris"
      user_consent_display_name = "Sign in to polaris"
      user_consent_description = "Sign in to polaris"
    }
  }
  optional_claims {
    id_token {
      name = "groups"
    }
    access_token {
      name = "groups"
    }
  }
  web {
    redirect_uris = []
  }
}

resource "azuread_service_principal" "polaris_entra" {
  client_id = azuread_application.polaris_entra.client_id
  # true lets in only people who are assigned.
  app_role_assignment_required = false
}

resource "azuread_application_password" "polaris_entra" {
  application_id = azuread_application.polaris_entra.id
  display_name = "gatehouse"
}

output "client_id_entra" {
  value = azuread_application.polaris_entra.client_id
}

output "client_secret_entra" {
  value = azuread_application_password.polaris_entra.value
  sensitive = true
}
