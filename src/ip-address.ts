import { isIPv4 } from 'node:net'
import ipaddr from 'ipaddr.js'

/**
 * An address as everything here writes it: IPv6 in short form without a zone, IPv4 as IPv4 also where it is mapped into IPv6.
 * Proxies write ports behind it and brackets around it. Undefined for what is no address.
 */
export function canonicalAddress(text: string): string | undefined {
  if (isIPv4(text)) return text
  const found = parse(text)
  return found && withoutZone(found)
}

/**
 * The network that counts as one sender: an IPv4 address, or the /64 that an IPv6 subscriber has. The same for every spelling of an
 * address; what is no address is a network of its own.
 */
export function networkOf(address: string): string {
  const found = parse(address)
  if (found === undefined) return 'unknown'
  if (found instanceof ipaddr.IPv4) return found.toString()
  return `${ipaddr.IPv6.networkAddressFromCIDR(`${withoutZone(found)}/64`).toString()}/64`
}

/** An address as a number of 128 bits; IPv4 is within `::ffff:0:0/96`, as a listener for both sees it. The text must be an address. */
export function addressNumber(text: string): bigint {
  const address = ipaddr.parse(text)
  const ipv6 = address instanceof ipaddr.IPv4 ? address.toIPv4MappedAddress() : address
  return ipv6.toByteArray().reduce((sum, byte) => sum * 256n + BigInt(byte), 0n)
}

function withoutZone(address: ipaddr.IPv4 | ipaddr.IPv6): string {
  return address.toString().replace(/%.*$/, '')
}

function parse(text: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  const bare =
    /^\[(.+)\](?::\d{1,5})?$/.exec(text)?.[1] ?? /^(\d{1,3}(?:\.\d{1,3}){3}):\d{1,5}$/.exec(text)?.[1] ?? text
  // Only the four-part form of IPv4: others are read differently by others.
  if (!bare.includes(':') && !isIPv4(bare)) return undefined
  if (!ipaddr.isValid(bare)) return undefined
  const address = ipaddr.process(bare)
  // A NAT64 gateway writes the IPv4 address into the last 32 bits (RFC 6052).
  if (address instanceof ipaddr.IPv6 && address.range() === 'rfc6052')
    return new ipaddr.IPv4(address.toByteArray().slice(12))
  return address
}
