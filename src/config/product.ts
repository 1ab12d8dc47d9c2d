import * as z from 'zod'
import { OidcClientOptions } from './authentication-class.ts'
import { clientProblems } from './client-problems.ts'
import { Extra } from './extra.ts'
import { type OptionsOf, type ProductKind, productKinds, productOptions } from './kinds/index.ts'
import { baseUrl, line, returnUri, words } from './primitives.ts'

export { type KindWithOptions, type OptionsOf, optionsOf, type ProductKind, productKinds } from './kinds/index.ts'

export const ProductAuthentication = z.strictObject({
  authenticationClass: line.min(1).describe('The provider; `gatehouse` is this server itself.'),
  title: line
    .min(1)
    .max(60)
    .optional()
    .describe(
      'What the button of the product says, where it has one for a text: the name of the company, say. When absent the name of the class, and Gatehouse for `gatehouse`. Not from Stackable.',
    ),
  oidc: OidcClientOptions.optional().describe('The client of the product at this provider.'),
  userRegistration: z
    .boolean()
    .optional()
    .describe(
      'Whether people get an account at their first sign-in, if the product has its own accounts; true when absent.',
    ),
  userRegistrationRole: line
    .min(1)
    .optional()
    .describe('The role that everyone gets in Superset and Airflow; `Public` when absent.'),
  syncRolesAt: z
    .enum(['Registration', 'Login'])
    .optional()
    .describe(
      'When Superset and Airflow take roles from the groups. At each login if there are `roles`, otherwise at registration.',
    ),
})
export type ProductAuthentication = z.infer<typeof ProductAuthentication>

/** Whether people can sign in without any class. */
function hasOwnSignIn({
  product,
  astronomer,
  dex,
}: {
  product: ProductKind
  astronomer?: OptionsOf<'astronomer'> | undefined
  dex?: OptionsOf<'dex'> | undefined
}): boolean {
  if (product === 'dex' && dex) return dex.enablePasswordDB || Object.keys(dex.connectors).length > 0
  if (product !== 'astronomer' || !astronomer) return false
  return astronomer.localAccounts || astronomer.github || astronomer.google
}

/**
 * What the provider may answer a product with (OAuth 2.0 Multiple Response Types): codes, and tokens through the browser. `token` alone is
 * left out: nobody could tell for whom such a token was made.
 */
export const responseTypes = [
  'code',
  'id_token',
  'id_token token',
  'code id_token',
  'code token',
  'code id_token token',
] as const
export type ResponseType = (typeof responseTypes)[number]

export const Product = z
  .strictObject({
    product: z
      .enum(productKinds)
      .describe('What it is. `oidc` is any application of your own that speaks OpenID Connect.'),
    version: z
      .string({ error: 'must be a text: put the version in quotes' })
      .regex(/^\d+(\.\d+)*$/, 'must be a version number in quotes, such as "476" or "6.1.0"')
      .optional()
      .describe('Version of the product, in quotes. The newest known one when absent.'),
    url: baseUrl.describe('The address at which people open it.'),
    authentication: z
      .array(ProductAuthentication)
      .describe(
        'Who signs people in. Only Astronomer and Dex can do without: they have accounts of their own, and Dex has connectors that no class describes.',
      ),
    roles: z
      .record(line.min(1), words)
      .default({})
      .describe(
        'Team (or group of the provider) to roles of the product, if the product has roles. OpenMetadata takes no groups: there it is the name of a person.',
      ),
    authorization: z
      .enum(['elsewhere'])
      .optional()
      .describe(
        '`elsewhere`: something that Gatehouse writes nothing for decides who may do what, such as Open Policy Agent or somebody who assigns roles in the product. No roles and no first administrator are written then, and none are missed.',
      ),
    redirectUris: z.array(returnUri).default([]).describe('Addresses to return to, for the kind `oidc` only.'),
    postLogoutRedirectUris: z
      .array(returnUri)
      .default([])
      .describe('Addresses to return to after sign-out, for the kind `oidc` only.'),
    services: z
      .array(line.min(1))
      .default([])
      .describe(
        'Services of this configuration for which it may request access tokens (`resource`, RFC 8707), for its users or for itself. None when absent.',
      ),
    introspects: z
      .array(line.min(1))
      .default([])
      .describe(
        'Services of this configuration for whose access tokens it stands: it may look them up at `/introspect` (RFC 7662), whoever has them. For an API or a gateway that checks tokens by asking.',
      ),
    grantTypes: z
      .array(z.enum(['client_credentials']))
      .default([])
      .describe(
        'What it may do besides signing people in. `client_credentials`: request tokens of its own for its `services`; rules let it in as `client:PRODUCT`.',
      ),
    responseTypes: z
      .array(z.enum(responseTypes))
      .min(1)
      .optional()
      .describe(
        'What the provider may answer with, for the kind `oidc` only; `code` when absent. The others put tokens into addresses (implicit and hybrid flow): for clients that can do nothing else.',
      ),
    consent: z
      .enum(['skip', 'ask'])
      .default('skip')
      .describe('Whether to ask people before their data goes to it. Your own products need not ask.'),
    idTokenSigningAlg: z
      .enum(['ES256', 'RS256'])
      .optional()
      .describe(
        'How this server signs ID tokens for it. When absent RS256 for the kind `oidc`, as libraries expect, and where a product is known to need it; else ES256, which is faster.',
      ),
    title: line
      .max(60)
      .optional()
      .describe(
        'Its name where people read it: on the pages of this server, and in the console of the provider. When absent the key, or `Trino` where the key is `trino`, and so on.',
      ),
    insecure: z
      .boolean()
      .optional()
      .describe('Lets `redirectUris` be http off this machine, where codes can be read on the way.'),
    extra: Extra.optional(),
    ...productOptions,
  })
  .superRefine((product, context) => {
    if (product.authentication.length === 0 && !hasOwnSignIn(product)) {
      context.addIssue({
        code: 'custom',
        path: ['authentication'],
        message: 'must name at least one authenticationClass',
      })
    }
    for (const { path, message } of clientProblems(product)) context.addIssue({ code: 'custom', path, message })
    for (const kind of Object.keys(productOptions)) {
      if (kind === product.product || product[kind as keyof typeof productOptions] === undefined) continue
      context.addIssue({
        code: 'custom',
        path: [kind],
        message: `is for products of the kind ${kind}, but this one is ${product.product}`,
      })
    }
  })
  .describe('Something people log in to.')
export type Product = z.infer<typeof Product>
