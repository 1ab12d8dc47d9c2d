# Written by `gatehouse render`. This file contains no secret; Terraform keeps the secret in its state.
resource "azuread_application" "astronomer_microsoft" {
  display_name = "astronomer"
  sign_in_audience = "AzureADMyOrg"
  fallback_public_client_enabled = true
  optional_claims {
    id_token {
      name = "email"
    }
  }
  public_client {
    redirect_uris = ["https://houston.astro.example.com/v1/oauth/redirect/", "https://houston.astro.example.com/v1/oauth/callback/", "https://app.astro.example.com/logout"]
  }
}

resource "azuread_service_principal" "astronomer_microsoft" {
  client_id = azuread_application.astronomer_microsoft.client_id
  # true lets in only people who are assigned.
  app_role_assignment_required = false
}

output "client_id_microsoft" {
  value = azuread_application.astronomer_microsoft.client_id
}
