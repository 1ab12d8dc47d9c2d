/**
 * What a person, or Terraform, does at a vendor's identity provider. Pure, as the products are. It leaves to `vendors/` what is
 * known of the vendor, and to `register.ts` what is the same at every provider.
 */
import type { ProductDescription, ProductInput, Provider, RegisterNotes, RenderedFile } from '../contract.ts'

/** One client that is to be registered. */
export interface Registration {
  input: ProductInput
  provider: Provider
  description: ProductDescription
  notes: RegisterNotes
  redirectUris: readonly string[]
  postLogoutRedirectUris: readonly string[]
}

/** What is done at a vendor's provider. */
export interface VendorGuide {
  /** What goes wrong with this provider whatever the product is: markdown, one sentence each. */
  traps: (registration: Registration) => string[]
  /** What to do in its console: markdown, one numbered step each. Empty where nothing is known. */
  steps: (registration: Registration) => string[]
  /** The same for a machine: a partial import, Terraform. Paths are relative to the folder of the product. */
  files: (registration: Registration) => RenderedFile[]
  /** How those files are applied: markdown, one numbered step each. Empty where there are none. */
  applying: (registration: Registration) => string[]
}
