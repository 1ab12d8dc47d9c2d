/**
 * What a person, or Terraform, does at a vendor's identity provider. Pure, like the products. Facts about the vendor are in
 * `vendors/`; what is the same at every provider is in `register.ts`.
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
  /** Files that do the same: a partial import, Terraform. Paths are relative to the folder of the product. */
  files: (registration: Registration) => RenderedFile[]
  /** How to apply those files: markdown, one numbered step each. Empty where there are none. */
  applying: (registration: Registration) => string[]
}
