/** What import leaves out of a class or a product, because gatehouse.yaml has no such key: Kubernetes drops it as well. */
import { slashProblem } from '../../config/issuer.ts'
import { AuthenticationClass, OidcProvider, ProductAuthentication } from '../../config/schema.ts'
import type { Data } from '../../formats.ts'
import { isMap } from '../../maps.ts'
import type { NotCarried } from '../contract.ts'

export interface Cleaned {
  data: Data
  lost: Omit<NotCarried, 'where'>[]
}

type Path = readonly PropertyKey[]

export function cleanClass(value: Data): Cleaned {
  const cleaned = withoutUnknown(value, AuthenticationClass.safeParse(value).error?.issues ?? [])
  return { ...cleaned, data: withoutSlash(cleaned.data) }
}

/** Only what a manifest gives: its entries of `authentication`. */
export function cleanProduct(value: Data): Cleaned {
  const entries = isMap(value) ? value['authentication'] : undefined
  if (!isMap(value) || !Array.isArray(entries)) return { data: value, lost: [] }
  const cleaned = entries.map((entry: Data) =>
    withoutUnknown(entry, ProductAuthentication.safeParse(entry).error?.issues ?? []),
  )
  const product = { ...value, authentication: cleaned.map(({ data }) => data) } as Data
  return { data: product, lost: cleaned.flatMap(({ lost }) => lost) }
}

function withoutUnknown(
  value: Data,
  issues: readonly { code: string; path: Path; keys?: readonly string[] }[],
): Cleaned {
  const unknown = issues.flatMap(({ code, path, keys = [] }) =>
    code === 'unrecognized_keys' ? keys.map((key) => [...path, key]) : [],
  )
  return {
    data: unknown.reduce<Data>((data, path) => withoutPath(data, path) as Data, value),
    lost: unknown.map((path) => ({
      what: path.join('.'),
      why: 'It is left out: no class and no cluster of Stackable has such a field, and Kubernetes drops it. Look for a slip of the pen.',
      effect: 'access',
    })),
  }
}

function withoutPath(data: unknown, [first, ...rest]: Path): unknown {
  if (Array.isArray(data)) return data.map((item: unknown, index) => (index === first ? withoutPath(item, rest) : item))
  if (!isMap(data)) return data
  const entries = Object.entries(data)
  if (rest.length === 0) return Object.fromEntries(entries.filter(([key]) => key !== first))
  return Object.fromEntries(entries.map(([key, inner]) => [key, key === first ? withoutPath(inner, rest) : inner]))
}

/** At Stackable the slash at the end of `rootPath` means nothing; `check` would ask for it to be taken out. */
function withoutSlash(data: Data): Data {
  const oidc = isMap(data) ? data['oidc'] : undefined
  const provider = OidcProvider.safeParse(oidc).data
  if (!isMap(oidc) || !provider || slashProblem(provider) === undefined) return data
  return { ...(data as object), oidc: { ...oidc, rootPath: provider.rootPath.replace(/\/+$/, '') } } as unknown as Data
}
