/** What is behind oauth2-proxy: a text in which the path of the address is where it answers, or settings of its own (alpha form only). */
import { withoutUserinfo } from '../../config/shown-text.ts'
import type { Data } from '../../formats.ts'
import type { ProductInput, ProductProblem } from '../contract.ts'
import { error } from '../writing/problem.ts'

type Options = ProductInput<'oauth2-proxy'>['options']
export type ProxyUpstream = Options['upstreams'][number]
type Structured = Exclude<ProxyUpstream, string>

/** With nothing behind it, it answers a proxy that asks (forward-auth). */
export function upstreamsOf({ options }: ProductInput<'oauth2-proxy'>): readonly ProxyUpstream[] {
  return options.upstreams.length > 0 ? options.upstreams : ['static://202']
}

/** Those of oauth2-proxy.cfg, which has no others. */
export function plainUpstreamsOf(input: ProductInput<'oauth2-proxy'>): string[] {
  return upstreamsOf(input).filter((upstream) => typeof upstream === 'string')
}

/** As oauth2-proxy reads an address: `file` answers at its fragment, `unix` and `static` at the root, others at their path. */
export function structuredUpstream(upstream: ProxyUpstream): Structured {
  if (typeof upstream !== 'string') return upstream
  const code = staticCode(upstream)
  if (code !== undefined) return { path: '/', staticCode: code }
  if (upstream.startsWith('unix:')) return { path: '/', uri: upstream }
  const [uri = '', fragment = ''] = upstream.split('#', 2)
  if (upstream.startsWith('file:')) return { path: fragment || uri.replace(/^file:\/\/[^/]*/, '') || '/', uri }
  return { path: URL.parse(upstream)?.pathname ?? '/', uri: upstream }
}

function staticCode(text: string): number | undefined {
  const [, code] = /^static:\/\/([1-5]\d\d)\/?$/.exec(text) ?? []
  return code === undefined ? undefined : Number(code)
}

/** An upstream of the alpha form. `common` are settings for all of them, which mean nothing for an answer of its own. */
export function alphaUpstream(
  upstream: ProxyUpstream,
  index: number,
  common: Readonly<Record<string, Data>>,
): Readonly<Record<string, Data>> {
  const { path, staticCode: code, ...others } = structuredUpstream(upstream)
  const place = { id: `upstream-${index + 1}`, path }
  const own = Object.fromEntries(Object.entries(others).filter(([, value]) => value !== undefined))
  return code === undefined ? { ...place, ...common, ...own } : { ...place, static: true, staticCode: code }
}

export function upstreamProblems(input: ProductInput<'oauth2-proxy'>): ProductProblem[] {
  const at = [...input.path, 'oauth2-proxy', 'upstreams']
  const upstreams = upstreamsOf(input)
  const paths = upstreams.map((upstream) => structuredUpstream(upstream).path)
  return upstreams.flatMap((upstream, index) => {
    const path = paths[index] ?? ''
    const wrong = typeof upstream === 'string' ? wrongText(upstream) : wrongStructure(upstream, input.options)
    if (wrong !== undefined) return [error([...at, index], wrong)]
    if (paths.indexOf(path) === index) return []
    return [
      error(
        [...at, index],
        `answers at ${path} like another one: give each upstream its own path (http://HOST:PORT/path/)`,
      ),
    ]
  })
}

/** What is wrong with an address; undefined when nothing is. */
function wrongText(upstream: string): string | undefined {
  const shown = withoutUserinfo(upstream)
  if (shown !== upstream) {
    return `${JSON.stringify(shown)} has a user name and a password in front, which oauth2-proxy does not send and the file would show: remove them`
  }
  if (staticCode(upstream) !== undefined || isPlainHttp(upstream)) return undefined
  if (/^unix:\/\/\/[^#?]+$/.test(upstream) || /^file:\/\/\/[^#?]*(?:#\/\S*)?$/.test(upstream)) return undefined
  return `${JSON.stringify(upstream)} is not an upstream that oauth2-proxy can call: write http://HOST:PORT/, https://HOST:PORT/, unix:///FILE, file:///FOLDER/#/path/ or static://202`
}

/** If the URL parser would rewrite the path, it is not what it seems. A port that needs not be written may be. */
function isPlainHttp(upstream: string): boolean {
  const [, host = '', path] = /^https?:\/\/([^/?#]+)(\/[^?#]*)?$/.exec(upstream) ?? []
  const url = URL.parse(upstream)
  if (url === null || host === '') return false
  return (
    url.pathname === (path ?? '/') &&
    [url.host, `${url.hostname}:80`, `${url.hostname}:443`].includes(host.toLowerCase())
  )
}

function wrongStructure({ uri }: Structured, { alpha }: Options): string | undefined {
  if (!alpha) return 'has settings of its own, for which oauth2-proxy.cfg has no key: write oauth2-proxy.alpha: true'
  if (uri === undefined) return undefined
  if (staticCode(uri) !== undefined) return 'answers by itself: write staticCode in place of uri'
  return uri.startsWith('file:') && uri.includes('#')
    ? 'has its path in path: remove # and what follows from uri'
    : wrongText(uri)
}
