/** Networks of proxies whose word is believed, and how much of the internet they are together. */
import { isIP } from 'node:net'
import { addressNumber } from '../ip-address.ts'

/** `10.0.0.0/8` or an address. */
export function isNetwork(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/')
  const version = address.includes('%') ? 0 : isIP(address)
  if (version === 0 || rest.length > 0) return false
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128))
}

/** Addresses of 128 bits from the first to the last; IPv4 is `::ffff:0:0/96`, as a listener for both sees it. */
type Range = readonly [first: bigint, last: bigint]

const ipv4 = rangeOf('::ffff:0:0/96')
/** What is routed between strangers in IPv6. */
const publicIpv6 = rangeOf('2000::/3')
/** Networks of one's own, by RFC 1918, 1122, 3927 and 6598. */
const privateIpv4 = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '127.0.0.0/8', '169.254.0.0/16', '100.64.0.0/10']

/** As many public addresses as no list of one's own proxies has, nor one of a content network: a /8 of IPv4, a /16 of IPv6. */
const most = { ipv4: 2n ** 24n, ipv6: 2n ** 112n }

/** Whether networks together are a good part of the internet, however it is split. Ignores texts that are no networks. */
export function isEverybody(networks: readonly string[]): boolean {
  const ranges = united(networks.filter(isNetwork).map(rangeOf))
  const own = privateIpv4.map(rangeOf)
  const ofOwn = own.reduce((sum, range) => sum + shared(ranges, range), 0n)
  return shared(ranges, ipv4) - ofOwn > most.ipv4 || shared(ranges, publicIpv6) > most.ipv6
}

/** Whether an address is in a network. Both must be what they are called. */
export function networkHas(network: string, address: string): boolean {
  const [first, last] = rangeOf(network)
  const number = addressNumber(address)
  return first <= number && number <= last
}

function rangeOf(network: string): Range {
  const [address = '', bits] = network.split('/')
  const width = address.includes(':') ? 128 : 32
  const free = BigInt(width - Number(bits ?? width))
  const first = (addressNumber(address) >> free) << free
  return [first, first + (1n << free) - 1n]
}

/** The same addresses as ranges that do not overlap. */
function united(ranges: readonly Range[]): Range[] {
  const result: Range[] = []
  for (const [first, last] of ranges.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))) {
    const before = result.at(-1)
    if (!before || first > before[1]) result.push([first, last])
    else if (last > before[1]) result[result.length - 1] = [before[0], last]
  }
  return result
}

/** How many addresses of a range are in any of the others. */
function shared(ranges: readonly Range[], [first, last]: Range): bigint {
  return ranges.reduce((sum, [from, to]) => {
    const start = from > first ? from : first
    const end = to < last ? to : last
    return end < start ? sum : sum + end - start + 1n
  }, 0n)
}
