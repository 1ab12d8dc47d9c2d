# Written by `gatehouse render`. This file contains no secret; Terraform keeps the secret in its state.
terraform {
  required_providers {
    azuread = {
      "source" = "hashicorp/azuread"
      "version" = ">= 3.0"
    }
  }
}

resource "azuread_application" "kubernetes_entra" {
  display_name = "kubernetes"
  sign_in_audience = "AzureADMyOrg"
  fallback_public_client_enabled = true
  # ApplicationGroup sends only the groups that are assigned: no overage, but it needs a P1 licence.
  group_membership_claims = ["SecurityGroup"]
  optional_claims {
    id_token {
      name = "groups"
    }
    access_token {
      name = "groups"
    }
  }
  public_client {
    redirect_uris = ["http://localhost:8000/", "http://localhost:18000/"]
  }
}

resource "azuread_service_principal" "kubernetes_entra" {
  client_id = azuread_application.kubernetes_entra.client_id
  # true lets in only people who are assigned.
  app_role_assignment_required = false
}

output "client_id_entra" {
  value = azuread_application.kubernetes_entra.client_id
}
