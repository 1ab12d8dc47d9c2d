/**
 * The proxy by which an address is called, as curl finds it: a setting, or the variables that the other programs of a machine follow, and
 * the hosts that are called directly.
 */
import { isIP } from 'node:net'
import { domainToASCII } from 'node:url'
import { AppError } from '../errors.ts'
import { isLoopbackHost } from '../loopback.ts'
import { own } from '../maps.ts'
import { isNetwork, networkHas } from './networks.ts'
import type { Config } from './schema.ts'
import { parseSecretReference, resolveSecret } from './secret-reference.ts'

type Environment = Readonly<Record<string, string | undefined>>

interface ProxySurroundings {
  env: Environment
  /** Folder that relative paths of the configuration start from. */
  baseDir: string
}

/**
 * Variables by the scheme of what is called, the first that is not empty counts. Those of Astronomer's Houston stand before the usual ones,
 * as there; small letters before capitals, as in curl.
 */
const proxyVariables: Readonly<Record<string, readonly string[]>> = {
  'https:': [
    'GLOBAL_AGENT_HTTPS_PROXY',
    'GLOBAL_AGENT_HTTP_PROXY',
    'https_proxy',
    'HTTPS_PROXY',
    'all_proxy',
    'ALL_PROXY',
  ],
  'http:': ['GLOBAL_AGENT_HTTP_PROXY', 'http_proxy', 'HTTP_PROXY', 'all_proxy', 'ALL_PROXY'],
}
const exceptionVariables = ['GLOBAL_AGENT_NO_PROXY', 'no_proxy', 'NO_PROXY']

/**
 * The address of the proxy for an address, with its credentials; undefined when it is called directly, as this machine always is. Throws
 * `config-invalid` for a proxy that cannot be used, which names the setting or the variable and not its value.
 */
export function proxyFor(
  address: string,
  { network }: Pick<Config, 'network'>,
  { env, baseDir }: ProxySurroundings,
): string | undefined {
  const url = new URL(address)
  const host = bareName(url.hostname)
  if (isLoopbackHost(url.hostname) || isLoopbackHost(host)) return undefined
  const exceptions = exceptionsOf(network.noProxy, env)
  const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80)
  if (exceptions.some((entry) => isException(entry, { host, port }))) return undefined
  const named = proxyNamed(url.protocol, network.proxy, { env, baseDir })
  return named && usableProxy(named)
}

/** Whether any address may go by a proxy. */
export function mayHaveProxy({ network }: Pick<Config, 'network'>, env: Environment): boolean {
  return (
    network.proxy !== undefined ||
    Object.values(proxyVariables)
      .flat()
      .some((name) => Boolean(own(env, name)))
  )
}

interface NamedProxy {
  /** The setting or the variable, for people. */
  at: string
  text: string
}

function proxyNamed(
  protocol: string,
  setting: string | undefined,
  { env, baseDir }: ProxySurroundings,
): NamedProxy | undefined {
  const written = setting === undefined ? '' : textOf(setting, { env, baseDir })
  if (written !== '') return { at: 'network.proxy', text: written }
  const variable = own(proxyVariables, protocol)?.find((name) => Boolean(own(env, name)?.trim()))
  return variable === undefined ? undefined : { at: variable, text: own(env, variable)?.trim() ?? '' }
}

/** A variable that is not set is no proxy: one configuration serves machines with one and without. */
function textOf(setting: string, surroundings: ProxySurroundings): string {
  const source = parseSecretReference(setting)
  if (source.kind === 'env') return own(surroundings.env, source.name)?.trim() ?? ''
  return resolveSecret(setting, surroundings).reveal().trim()
}

/** As curl: without a scheme it is http, and without both it listens on port 1080. */
function usableProxy({ at, text }: NamedProxy): string {
  const hasScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(text)
  const url = URL.parse(hasScheme ? text : `http://${text}`)
  const problem = problemWith(url)
  if (url === null || problem !== undefined) throw new AppError('config-invalid', { at, problem: problem ?? '' })
  if (!hasScheme && url.port === '' && !/:80\/?$/.test(text)) url.port = '1080'
  return url.href
}

function problemWith(url: URL | null): string | undefined {
  if (url === null || url.hostname === '') return 'is no address of a proxy: write http://HOST:PORT'
  if (!/^https?:$/.test(url.protocol))
    return `is a proxy of the kind ${url.protocol.slice(0, -1)}, which is not spoken here: write http://HOST:PORT or https://HOST:PORT, or noProxy: ["*"] under network for none`
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '')
    return 'has something behind the port: write http://HOST:PORT alone'
  if (!isDecodable(url.username) || !isDecodable(url.password))
    return 'has a user name or a password in which a % is no escape: write %25 for it'
  return undefined
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text)
    return true
  } catch {
    return false
  }
}

/** The setting stands instead of the variables, as `--noproxy` of curl does. */
function exceptionsOf(setting: readonly string[], env: Environment): string[] {
  const variable = exceptionVariables.find((name) => Boolean(own(env, name)))
  const entries = setting.length > 0 ? setting : [variable === undefined ? '' : (own(env, variable) ?? '')]
  return entries.flatMap((entry) => entry.split(/[\s,]+/)).filter((entry) => entry !== '')
}

interface Target {
  /** Without brackets. */
  host: string
  port: number
}

/** `example.com` and `.example.com` with all below it, an address, a network, each with a port or without, and `*`. */
function isException(entry: string, { host, port }: Target): boolean {
  if (entry === '*') return true
  const { name, port: only } = parted(entry)
  if (only !== undefined && only !== port) return false
  if (isIP(host) !== 0) return isNetwork(name) && networkHas(name, host)
  const suffix = domainToASCII(name.replace(/^\*?\./, '').replace(/\.+$/, ''))
  return suffix !== '' && (host === suffix || host.endsWith(`.${suffix}`))
}

function parted(entry: string): { name: string; port?: number } {
  const [, bracketed, behind] = /^\[(.+)\](?::(\d{1,5}))?$/.exec(entry) ?? []
  if (bracketed !== undefined) return { name: bracketed, ...(behind === undefined ? {} : { port: Number(behind) }) }
  // An IPv6 address has several colons.
  const [, name, port] = /^([^:]+):(\d{1,5})$/.exec(entry) ?? []
  return name === undefined ? { name: entry } : { name, port: Number(port) }
}

/** Without brackets and the dot of the root. */
function bareName(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '')
}
