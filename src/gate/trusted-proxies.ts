import { BlockList, isIP, isIPv4, type Socket } from 'node:net'
import { canonicalAddress } from '../ip-address.ts'

/** Knows whose forwarded headers are believed. */
export interface TrustedProxies {
  /** Whether the peer of the connection is one. Decided once per connection. */
  trusts(socket: Socket): boolean
  /** The address of the client: the rightmost hop that is not a trusted proxy; the peer when the header cannot be read. */
  clientAddress(socket: Socket, forwardedFor: string): string
}

/** @param addresses IP addresses and networks (`10.0.0.0/8`) of a checked configuration, so none of them covers everyone; an empty list trusts nobody. */
export function trustedProxies(addresses: readonly string[]): TrustedProxies {
  const list = new BlockList()
  for (const text of addresses) add(list, text)
  const verdicts = new WeakMap<Socket, boolean>()

  function trusts(socket: Socket): boolean {
    const known = verdicts.get(socket)
    if (known !== undefined) return known
    const verdict = addresses.length > 0 && contains(list, peerAddress(socket))
    verdicts.set(socket, verdict)
    return verdict
  }

  function clientAddress(socket: Socket, forwardedFor: string): string {
    const peer = peerAddress(socket)
    if (forwardedFor === '' || !trusts(socket)) return peer
    const hops = forwardedFor.split(',')
    for (let at = hops.length - 1; at >= 0; at--) {
      const hop = canonicalAddress(hops[at]?.trim() ?? '')
      if (hop === undefined) return peer
      if (!contains(list, hop)) return hop
    }
    return peer
  }

  return { trusts, clientAddress }
}

function add(list: BlockList, text: string): void {
  const [address = '', bits] = text.split('/')
  const family = isIPv4(address) ? 'ipv4' : 'ipv6'
  if (bits === undefined) list.addAddress(address, family)
  else list.addSubnet(address, Number(bits), family)
}

function contains(list: BlockList, address: string): boolean {
  const version = isIP(address)
  return version !== 0 && list.check(address, version === 4 ? 'ipv4' : 'ipv6')
}

function peerAddress(socket: Socket): string {
  return plainAddress(socket.remoteAddress ?? '')
}

/** An IPv4 peer of a dual-stack listener is written `::ffff:10.0.0.1`. */
function plainAddress(address: string): string {
  const mapped = address.toLowerCase().startsWith('::ffff:') ? address.slice(7) : ''
  return isIPv4(mapped) ? mapped : address
}
