/** What `render` would write from an import, to compare with the input: the only way to miss no difference. */
import { Config } from '../config/schema.ts'
import { type Data, UnwritableValue } from '../formats.ts'
import type { ProductDescription, RenderedFile } from '../products/contract.ts'
import { products } from '../products/index.ts'
import { resolveProduct } from '../products/resolve.ts'

/** Stands in for an address that the input does not give; nothing derived from it may be shown. */
const nowhere = 'address.invalid'

/**
 * The files of the named product, even where something else would keep `render` from writing them, with stand-ins for what the
 * input does not say. Undefined when the input says something that no gatehouse.yaml can hold.
 */
export function renderedImport(
  config: Readonly<Record<string, Data>>,
  name: string,
): readonly RenderedFile[] | undefined {
  const parsed = Config.safeParse(completed(config, name))
  if (!parsed.success) return undefined
  const input = resolveProduct(parsed.data, name)
  try {
    const description: ProductDescription = products[input.product.product]
    return description.render(input).files
  } catch (error) {
    if (error instanceof UnwritableValue) return undefined
    throw error
  }
}

/** Whether a value of a rendered file comes from a stand-in. */
export function isStandIn(value: unknown): boolean {
  return JSON.stringify(value).includes(nowhere)
}

type Section = Readonly<Record<string, Data>>

function completed(config: Section, name: string): unknown {
  const products = config['products'] as Section
  const product = { url: `https://${nowhere}`, ...(products[name] as Section) }
  const authentication = (product as Section)['authentication'] as readonly Data[]
  if (authentication.length > 0) return { ...config, products: { ...products, [name]: product } }
  const oidc = { hostname: nowhere, scopes: ['openid', 'email', 'profile'], principalClaim: 'preferred_username' }
  return {
    authenticationClasses: { [nowhere]: { oidc } },
    products: {
      [name]: {
        ...product,
        authentication: [{ authenticationClass: nowhere, oidc: { clientCredentialsSecret: nowhere } }],
      },
    },
    secrets: { [nowhere]: { clientId: nowhere, clientSecret: `\${env:CLIENT_SECRET}` } },
  }
}
