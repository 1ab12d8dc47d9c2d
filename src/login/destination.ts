/** Where people go after signing in: never an address from a parameter, always one that we know. */
export type LoginDestination =
  | { kind: 'home' }
  /** Back to a product that asked the provider; `product`: its key, for when its request is over. */
  | { kind: 'product'; uid: string; product?: string }
  /** An own address that a provider named when it began the sign-in. Whether it is one is looked at when somebody goes there. */
  | { kind: 'place'; address: string }
  /** Back to a service behind the gate; `shortened`: the address was so long that its query is lost. */
  | { kind: 'service'; service: string; returnTo: string; state: string; shortened?: boolean }

const identifier = /^[A-Za-z0-9_-]{1,128}$/
// The gate's own text, returned to it unchanged.
const gateState = /^[A-Za-z0-9_.~-]{1,2048}$/
/** What the gate sends is shorter. With the state it must fit into the cookie of an attempt. */
const maxReturnTo = 1280

/** Reads a destination from a query or a form. Anything incomplete is `home`. */
export function parseDestination(fields: { get(name: string): string | null | undefined }): LoginDestination {
  const uid = fields.get('interaction')
  if (uid && identifier.test(uid)) {
    const product = fields.get('product')
    return { kind: 'product', uid, ...(product && identifier.test(product) ? { product } : {}) }
  }
  const service = fields.get('service')
  const returnTo = fields.get('return_to')
  const state = fields.get('state')
  if (service && identifier.test(service) && returnTo && state && gateState.test(state)) {
    const isLong = returnTo.length > maxReturnTo
    const path = isLong ? (returnTo.split(/[?#]/, 1)[0] ?? '') : returnTo
    const shortened = isLong || fields.get('shortened') === 'yes'
    if (path.length <= maxReturnTo)
      return { kind: 'service', service, returnTo: path, state, ...(shortened ? { shortened } : {}) }
  }
  const address = fields.get('target')
  if (address && address.length <= maxReturnTo) return { kind: 'place', address }
  return { kind: 'home' }
}

/** The fields that carry a destination through a form or a link. */
export function destinationFields(destination: LoginDestination): [string, string][] {
  if (destination.kind === 'product') {
    const { uid, product } = destination
    return [['interaction', uid], ...(product === undefined ? [] : ([['product', product]] as [string, string][]))]
  }
  if (destination.kind === 'home') return []
  if (destination.kind === 'place') return [['target', destination.address]]
  return [
    ['service', destination.service],
    ['return_to', destination.returnTo],
    ['state', destination.state],
    ...(destination.shortened ? ([['shortened', 'yes']] as [string, string][]) : []),
  ]
}

/** The path below the issuer of the page with the ways in, for somebody who goes there. */
export function signInPath(destination: LoginDestination, { someoneElse = false } = {}): string {
  const fields: [string, string][] = [...destinationFields(destination), ...(someoneElse ? [asSomeoneElse] : [])]
  return fields.length === 0 ? '/login' : `/login?${new URLSearchParams(fields)}`
}

/** The path below the issuer of the page that asks for the second factor. */
export function secondFactorPath(destination: LoginDestination): string {
  return signInPath(destination).replace('/login', '/login/second-factor')
}

/** The path below the issuer of the page that asks for a passkey. */
export function passkeyPath(destination: LoginDestination): string {
  return signInPath(destination).replace('/login', '/login/passkey')
}

/** The field that says: whoever is signed in wants to be somebody else. */
export const asSomeoneElse: [string, string] = ['prompt', 'login']

export function wantsSomeoneElse(fields: { get(name: string): string | null | undefined }): boolean {
  return fields.get(asSomeoneElse[0]) === asSomeoneElse[1]
}

/** What a trace says of it: `service metadata`. */
export function nameOf(destination: LoginDestination): string {
  if (destination.kind === 'service') return `service ${destination.service}`
  return destination.kind === 'product' ? `product (${destination.uid})` : destination.kind
}

/** The path below the issuer that leads on to the destination. */
export function continuePath(destination: LoginDestination): string {
  if (destination.kind === 'product') return `/interaction/${destination.uid}`
  if (destination.kind === 'home') return '/'
  if (destination.kind === 'place') return `/login/place?${new URLSearchParams(destinationFields(destination))}`
  return handoffPath(destination)
}

/** The path below the issuer where a service fetches somebody: it signs them in first, if need be. */
export function handoffPath(destination: LoginDestination & { kind: 'service' }, { someoneElse = false } = {}): string {
  const fields = [...destinationFields(destination), ...(someoneElse ? [asSomeoneElse] : [])]
  return `/login/handoff?${new URLSearchParams(fields)}`
}
