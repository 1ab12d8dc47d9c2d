/**
 * What a vendor's identity provider is known to do, and what a person does there. Pure, as the products are. It leaves to
 * `register.ts` what is the same at every provider.
 */
import type { OidcProvider, ProviderHint } from '../../config/schema.ts'
import type {
  ProductDescription,
  ProductInput,
  Provider,
  ProviderEndpoints,
  RegisterNotes,
  RenderedFile,
  VendorKind,
} from '../contract.ts'

/** One client that is to be registered. */
export interface Registration {
  input: ProductInput
  provider: Provider
  description: ProductDescription
  notes: RegisterNotes
  redirectUris: readonly string[]
  postLogoutRedirectUris: readonly string[]
}

export interface Vendor {
  kind: VendorKind
  /** As people know it. */
  title: string
  /** Of the authentication class; undefined for Gatehouse and for providers that are not known. */
  hint: ProviderHint | undefined
  /** The addresses, where they follow from the issuer. */
  endpoints: (issuer: string, provider: Pick<OidcProvider, 'hostname'>) => ProviderEndpoints | undefined
  /** The claim that holds the groups unless the class says otherwise. */
  groupsClaim: string
  /** The scope that brings it; undefined where there is none and asking for one does nothing or is refused. */
  groupsScope: string | undefined
  /** Whether an unknown scope ends the sign-in with `invalid_scope`. */
  refusesUnknownScopes: boolean
  /** What goes wrong with this provider whatever the product is: markdown, one sentence each. */
  traps: (registration: Registration) => string[]
  /** What to do in its console: markdown, one numbered step each. Empty where nothing is known. */
  steps: (registration: Registration) => string[]
  /** The same for a machine: a partial import, Terraform. Paths are relative to the folder of the product. */
  files: (registration: Registration) => RenderedFile[]
  /** How those files are applied: markdown, one numbered step each. Empty where there are none. */
  applying: (registration: Registration) => string[]
  /** Whether an issuer stands for many, so that tokens come from another one. */
  isTemplate?: (issuer: string) => boolean
  /** Claims that it never sends, whatever is configured there. */
  neverSends: readonly string[]
}
